// Somebody who takes any password on a port of 127.0.0.1, and answers what he
// likes: statements that begin with SET are OK, and every other one is answered
// with the same number of equal rows, as a rule one. The columns are called c0,
// c1, ...
#ifndef POSTMIRROR_TESTS_SYNC_MARIADB_FORGING_SERVER_H_
#define POSTMIRROR_TESTS_SYNC_MARIADB_FORGING_SERVER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/config/map_file.h"

namespace postmirror {

class ForgingServer {
 public:
  // NULL is nullopt; no columns are an answer without a result.
  using Row = std::vector<std::optional<std::string>>;
  // The row for a statement; called on a thread of its own.
  using Answer = std::function<Row(absl::string_view sql)>;

  explicit ForgingServer(Answer answer, size_t rows = 1);
  ~ForgingServer();
  ForgingServer(const ForgingServer&) = delete;
  ForgingServer& operator=(const ForgingServer&) = delete;

  ServerAddress address() const;

 private:
  void Serve();
  void Talk(int client) const;

  const Answer answer_;
  const size_t rows_;
  int listener_ = -1;
  uint16_t port_ = 0;
  std::vector<std::thread> clients_;
  std::thread acceptor_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_MARIADB_FORGING_SERVER_H_
