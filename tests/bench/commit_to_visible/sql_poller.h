// Polls a MariaDB server with a prepared SELECT over its unix socket: the
// fastest way that a client of MariaDB has.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SQL_POLLER_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SQL_POLLER_H_

#include <array>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/bench/commit_to_visible/poller.h"

struct st_mysql;
struct st_mysql_stmt;

namespace postmirror {

class SqlPoller : public Poller {
 public:
  // Connects to the server's unix socket as root, without a password.
  static absl::StatusOr<std::unique_ptr<Poller>> Open(
      const std::string& socket);

  absl::StatusOr<std::string> Poll(absl::string_view source) override;

 private:
  struct Close {
    void operator()(st_mysql* mysql) const;
    void operator()(st_mysql_stmt* statement) const;
  };

  SqlPoller();
  absl::Status Connect(const std::string& socket);
  absl::Status Prepare();
  absl::Status StatementError(absl::string_view step) const;

  std::unique_ptr<st_mysql, Close> mysql_;
  std::unique_ptr<st_mysql_stmt, Close> statement_;
  // What the statement is bound to; wider than the columns are.
  std::array<char, 1024> source_ = {};
  std::array<char, 1024> destination_ = {};
  unsigned long source_size_ = 0;
  unsigned long destination_size_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_SQL_POLLER_H_
