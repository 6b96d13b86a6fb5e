// Chooses the change signal of one server, the best that it allows, and keeps
// it as long as it is that.
#ifndef POSTMIRROR_SYNC_SIGNAL_CHOICE_H_
#define POSTMIRROR_SYNC_SIGNAL_CHOICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "sync/binlog/binlog_position.h"
#include "sync/binlog_signal.h"
#include "sync/change_signal.h"
#include "sync/mariadb/binlog_facts.h"
#include "sync/snapshot.h"

namespace postmirror {

// Used on the loop's thread; Cancel() may come from any.
class SignalChoice {
 public:
  // For the maps of one server, so many. `config` and `clock` must outlive it.
  // `wake` is called on any thread when a poll is worth it.
  SignalChoice(size_t maps, const Config* config, const Clock* clock,
               std::function<void()> wake);

  // To be called before the server is asked what the tables are: notes where
  // its binlog is.
  absl::Status Begin(absl::Span<GroupReader> readers);

  // Chooses by what PrepareReaders found since Begin, of the maps that can be
  // read. The signal asks on the
  // readers' first connection, which must outlive it: see Drop.
  absl::Status Choose(const ServerAddress& address,
                      absl::Span<GroupReader> readers);

  // Whether Choose has returned OK since the last Drop.
  bool has_signal() const { return signal_ != nullptr; }

  // REQUIRES: has_signal().
  ChangeSignal& signal() const { return *signal_; }

  // Whether it is the configured source; by interval alone nobody wants to
  // follow who did not say so.
  bool is_as_configured() const;

  // Another number for each signal.
  uint64_t number() const { return number_; }

  // Why that one, and how old the mirror can be with it.
  const std::string& reason() const { return reason_; }
  // What the administrator could do for it to be better, or empty.
  const std::string& advice() const { return advice_; }

  // The signal is blind from the moment that the server becomes a replica.
  bool must_not_replicate() const {
    return binlog_signal_ != nullptr && !binlog_.logs_replicated;
  }

  // A read of everything found a change that the signal had not told of. Where
  // the account cannot see what the binlog lacks, it is not trusted any more,
  // and true is returned: the next Choose takes another signal. That holds for
  // this host until the account can see it.
  bool NoteUntold();

  // The readers' connections are about to go.
  void Drop();

  // The server_id is another replica's: returns it, and takes another one.
  uint32_t ChangeServerId();

  void Cancel();

 private:
  absl::Status UseInterval(Connection& connection, absl::string_view why);
  absl::Status UseLsn(Connection& connection, absl::string_view why);
  std::string RefuseBinlog() const;
  absl::StatusOr<std::string> TryBinlog(const ServerAddress& address,
                                        absl::Span<GroupReader> readers);
  absl::Status UseBinlog(const ServerAddress& address,
                         absl::Span<GroupReader> readers);
  void WatchLsn(Connection& connection);
  absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStream(
      const ServerAddress& address, absl::Span<GroupReader> readers);
  absl::StatusOr<std::unique_ptr<BinlogStream>> OpenStreamAs(
      const ServerAddress& address, const GroupReader& reader);
  void Install(std::unique_ptr<ChangeSignal> signal);

  const size_t maps_;
  const Config& config_;
  const Clock& clock_;
  const std::function<void()> wake_;
  uint32_t server_id_;

  std::string host_;               // that was chosen for last
  std::string not_innodb_;         // its tables that are not, or ""
  std::set<std::string> doubted_;  // hosts whose binlog did not tell a change
  BinlogSettings binlog_;
  std::optional<BinlogPosition> position_;  // at Begin
  std::string refusal_;                     // why there was no stream
  std::optional<Moment> refused_;

  std::mutex mutex_;  // for Cancel
  std::unique_ptr<ChangeSignal> signal_;
  BinlogSignal* binlog_signal_ = nullptr;  // signal_, if it is that
  uint64_t number_ = 0;
  std::string reason_;
  std::string advice_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_SIGNAL_CHOICE_H_
