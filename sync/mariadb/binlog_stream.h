// A server's binlog as a replica receives it: one connection of its own, event
// by event. The library only opens the stream and cuts it into packets; what an
// event says is read elsewhere (sync/binlog).
#ifndef POSTMIRROR_SYNC_MARIADB_BINLOG_STREAM_H_
#define POSTMIRROR_SYNC_MARIADB_BINLOG_STREAM_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sync/binlog/binlog_position.h"
#include "sync/mariadb/connection.h"

// A type of Connector/C.
struct st_mariadb_rpl;

namespace postmirror {

// Used by one thread at a time; only Cancel() may come from any.
class BinlogStream {
 public:
  struct Settings {
    BinlogPosition start;    // between two groups of events
    uint32_t server_id = 0;  // unique among the server's replicas, not 0
    // An idle server sends an event so often. The connection's read timeout
    // should be some of them.
    absl::Duration heartbeat = absl::Seconds(1);
  };

  // Asks the server for its binlog and waits for the first event, so that a
  // refusal is known here: kPermissionDenied without REPLICATION SLAVE,
  // kAlreadyExists where the server_id is taken, otherwise as ServerError has
  // it.
  static absl::StatusOr<std::unique_ptr<BinlogStream>> Open(
      std::unique_ptr<Connection> connection, const Settings& settings);

  ~BinlogStream();
  BinlogStream(const BinlogStream&) = delete;
  BinlogStream& operator=(const BinlogStream&) = delete;

  // Where it began: at `settings.start`, or at the start of that file, where an
  // offset of more than 32 bits cannot be asked for.
  const BinlogPosition& start() const { return start_; }

  // The next event, its header included, as soon as there is one; valid until
  // the next call. After a failure the stream is dead.
  absl::StatusOr<absl::string_view> Next();

  // Ends a blocking Next() of another thread at once, and every later one: they
  // fail with kCancelled.
  void Cancel() { connection_->Cancel(); }

 private:
  BinlogStream(std::unique_ptr<Connection> connection, BinlogPosition start);

  absl::Status Ask(const Settings& settings);
  absl::Status Receive();

  const std::unique_ptr<Connection> connection_;
  const BinlogPosition start_;
  st_mariadb_rpl* replica_ = nullptr;
  absl::string_view event_;
  bool received_ = false;  // and not handed out yet
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_BINLOG_STREAM_H_
