// One connection to a MariaDB server, used for reading only. It never
// reconnects by itself: after kUnavailable it is dead, and the owner opens
// another one. A connection is used by one thread at a time; only Cancel() may
// come from any.
//
// Every error names the server, the step, the library's text and its number, as
// in `server 127.0.0.1: connect: Access denied for user 'x'@'y' (1045)`, and
// never the password. Its code says what to do next, see server_error.h.
#ifndef POSTMIRROR_SYNC_MARIADB_CONNECTION_H_
#define POSTMIRROR_SYNC_MARIADB_CONNECTION_H_

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "schema/config/map_file.h"
#include "sync/mariadb/socket_watch.h"
#include "sync/socket_owners.h"

struct st_mysql;
using MYSQL = struct st_mysql;
struct st_mysql_res;
using MYSQL_RES = struct st_mysql_res;  // NOLINT: Connector/C's name

namespace postmirror {

class GreetingCheck;

// The longest packet that is taken, with a row or anything else: one whose
// values would fill some entries (kMaxEntryBytes). A server that sends more
// would have us wait, and take memory, without end.
inline constexpr size_t kMaxPacketBytes = size_t{64} << 20;

struct ConnectionSettings {
  LogOn log_on;
  std::string dbname;  // may be empty: no database is selected
  std::string charset = "utf8mb4";
  // Both are rounded up to whole seconds, at least one. `read_timeout` is the
  // longest silence of the server, and the longest time a write may block.
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration read_timeout = absl::Seconds(10);
  // Who may serve a unix socket; anybody where it is nullptr. Must outlive the
  // connection.
  SocketOwners* owners = nullptr;
  // Ends what takes too long, and all when it is cancelled: a log-on (Open),
  // and three times read_timeout for an answer, one row of QueryTable, or one
  // event of the binlog. Nothing is ended where it is nullptr. Must outlive the
  // connection.
  SocketWatch* watch = nullptr;
};

class Connection {
 public:
  // A row; NULL is nullopt. Valid until the callback returns.
  using Row = absl::Span<const std::optional<absl::string_view>>;

  // Connects and logs on. "localhost" or an empty host is the library's unix
  // socket, as in mysql_table(5). Without a tls_ setting a TCP connection is in
  // plain text; with one, nothing of the account is sent to a server without
  // TLS, nor, unless tls_verify_cert is no, to one without a certificate that
  // is valid for the host. A unix socket of another owner than before gets
  // nothing either (SocketOwners). The password itself is sent over verified
  // TLS alone. Fails with kFailedPrecondition when log_on.option_file cannot be
  // read, which the library would pass over in silence, or where it cannot use
  // a file of a tls_ setting. From the server's first byte on it takes no
  // longer than connect_timeout and read_timeout together (`watch`).
  //
  // The session reads whole tables (no sql_select_limit), at REPEATABLE READ,
  // waits for a table lock no longer than it would for data, and is ended by
  // the server when it leaves a transaction idle; sql_mode and time_zone stay
  // as Postfix finds them, so that the query means the same.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const ServerAddress& address, const ConnectionSettings& settings);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs one statement and drops the rows it may return.
  absl::Status Execute(absl::string_view sql);

  // How many columns an answer has.
  struct Columns {
    size_t least = 0;
    size_t most = 0;

    static constexpr Columns Exactly(size_t count) { return {count, count}; }
    static constexpr Columns AtLeast(size_t count) {
      return {count, std::numeric_limits<size_t>::max()};
    }
  };

  // Runs one statement and hands over each row as it comes. An answer with
  // other columns than `columns` says is a BadAnswer, and no row is handed
  // over. OK means that every row came: a stream that ends early is an error.
  // When `on_row` fails, its status is returned, the rest of the rows is read
  // past, and the connection stays usable; but it is dead after kUnavailable,
  // and after kOutOfRange, which means that there are too many of them.
  // `on_row` must not use this connection.
  absl::Status QueryTable(absl::string_view sql, Columns columns,
                          absl::FunctionRef<absl::Status(Row)> on_row);

  // The same for an answer that is to be kept: kOutOfRange where it is longer
  // than any that we ask for.
  absl::Status Query(absl::string_view sql, Columns columns,
                     absl::FunctionRef<absl::Status(Row)> on_row);

  // The same for an answer that is one row: none, or more of them, is a
  // BadAnswer.
  absl::Status QueryRow(absl::string_view sql, size_t columns,
                        absl::FunctionRef<absl::Status(Row)> on_row);

  // Query for a SHOW, which has more columns in newer versions: a row has
  // those that are called `names`, in that order.
  absl::Status QueryNamed(absl::string_view sql,
                          absl::Span<const absl::string_view> names,
                          absl::FunctionRef<absl::Status(Row)> on_row);

  // The error for an answer that MariaDB does not give: "it answers a question
  // with WHAT". kUnavailable: whoever gave it is asked no more.
  absl::Status BadAnswer(absl::string_view what) const;

  // What a SELECT would return. It is not run, so that the size of its tables
  // does not matter.
  struct Shape {
    size_t columns = 0;
    bool first_is_string = false;  // of characters or of bytes
  };
  absl::StatusOr<Shape> Describe(absl::string_view sql);

  // Selects the default database; inside a transaction its snapshot is kept.
  absl::Status Use(absl::string_view dbname);
  // The next Use is sent, whatever is selected: the server takes over a grant
  // on a database only then.
  void ForgetDatabase() { database_.clear(); }

  // `text` as an SQL string literal with its quotes, right for this session's
  // character set and sql_mode.
  std::string Quote(absl::string_view text) const;

  // Ends a blocking call of another thread at once, and every later call: they
  // fail with kCancelled.
  void Cancel() { socket_.Cancel(); }

  // Version and address for the operator: "10.11.19-MariaDB at 127.0.0.1:3306".
  const std::string& server() const { return server_; }
  // All that the server says of its version.
  const std::string& version() const { return version_; }

 private:
  friend class BinlogStream;  // its packets are no result of a query

  struct CloseMysql {
    void operator()(MYSQL* mysql) const;
  };
  struct FreeResult {
    // Also reads past the rows that were not fetched.
    void operator()(MYSQL_RES* result) const;
  };

  Connection(std::unique_ptr<MYSQL, CloseMysql> mysql,
             const ServerAddress& address, const ConnectionSettings& settings);

  // For the answer to a question of so many bytes.
  TimeLimit LimitAnswer(size_t question);

  // The last error of the library, met in `step`.
  absl::Status LastError(absl::string_view step) const;
  absl::Status PrepareSession(const ConnectionSettings& settings);
  // Sends one statement. The result's rows are still to be read; nullptr where
  // there is none.
  absl::StatusOr<std::unique_ptr<MYSQL_RES, FreeResult>> Send(
      absl::string_view sql);
  // BadAnswer, after which no rows are read past: that could take for ever.
  absl::Status Refuse(absl::string_view what) const;
  // What Query and QueryTable have in common.
  absl::Status Ask(absl::string_view sql, Columns columns,
                   absl::FunctionRef<absl::Status(Row)> on_row);
  absl::Status ReadRows(MYSQL_RES* result,
                        absl::FunctionRef<absl::Status(Row)> on_row);

  const std::string address_;
  const absl::Duration read_timeout_;
  WatchedSocket socket_;
  // The library calls it for as long as there is the handle.
  const std::unique_ptr<GreetingCheck> greeting_check_;
  std::unique_ptr<MYSQL, CloseMysql> mysql_;
  std::string server_;
  std::string version_;
  std::string database_;  // that Use selected; no statement of ours does
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_CONNECTION_H_
