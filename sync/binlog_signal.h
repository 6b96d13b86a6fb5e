// The change signal of a server with a binlog: its stream, followed by a thread
// of its own. It names the maps that a change concerns, and the keys where it
// can.
#ifndef POSTMIRROR_SYNC_BINLOG_SIGNAL_H_
#define POSTMIRROR_SYNC_BINLOG_SIGNAL_H_

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "schema/runtime/clock.h"
#include "sync/binlog/binlog_position.h"
#include "sync/change_signal.h"
#include "sync/lsn_watch.h"
#include "sync/mariadb/binlog_stream.h"
#include "sync/pending_changes.h"
#include "sync/watched_maps.h"

namespace postmirror {

// How often the binlog's end is compared with what was received: by this the
// store is known to be equal while nothing happens.
inline constexpr absl::Duration kBinlogProbeInterval = absl::Seconds(1);

class BinlogSignal final : public ChangeSignal {
 public:
  // Up to where commits are in the binlog, asked on the snapshot's own
  // connection (ReadBinlogPosition).
  using ReadPosition =
      std::function<absl::StatusOr<std::optional<BinlogPosition>>()>;

  // Looks in `stream` for what concerns `maps`, which the server was asked for
  // when its binlog was where `stream` starts, or later. `wake` is called on
  // the stream's thread when a poll is worth it. `clock` must outlive the
  // signal.
  BinlogSignal(std::unique_ptr<BinlogStream> stream,
               std::shared_ptr<const WatchedMaps> maps,
               ReadPosition read_position, std::function<void()> wake,
               const Clock* clock);
  ~BinlogSignal() override;

  absl::string_view name() const override { return "binlog"; }
  absl::Duration poll_interval() const override;
  absl::Status BeforeSnapshot() override;
  absl::StatusOr<ReadScope> Scope() override;
  void MarkProven() override { pending_.MarkProven(); }
  absl::StatusOr<ChangeHint> Poll() override;
  void Cancel() override { stream_->Cancel(); }

  // Looks for what concerns `maps` from now on; the server was asked for them
  // when its binlog was at `asked`.
  void Watch(std::shared_ptr<const WatchedMaps> maps,
             const BinlogPosition& asked);

  // Looks for changes that the binlog may lack as well, from the next read of
  // everything on; nullptr: not any more.
  void WatchLsn(std::unique_ptr<LsnWatch> watch) {
    lsn_watch_ = std::move(watch);
  }
  bool watches_lsn() const { return lsn_watch_ != nullptr; }

 private:
  void Follow();
  void End(absl::Status status);
  absl::StatusOr<BinlogPosition> Position();
  absl::StatusOr<ChangeHint> Probe(PendingChanges::Kind told, bool due,
                                   const Moment& now);
  void NoteHidden(bool hidden, const Moment& now);

  const std::unique_ptr<BinlogStream> stream_;
  const ReadPosition read_position_;
  const std::function<void()> wake_;
  const Clock& clock_;
  PendingChanges pending_;
  BinlogPosition last_position_;
  std::optional<Moment> probed_;
  std::unique_ptr<LsnWatch> lsn_watch_;  // where the binlog may lack changes
  // Since when all that was told is not visible yet.
  std::optional<Moment> hidden_since_;
  std::thread thread_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_SIGNAL_H_
