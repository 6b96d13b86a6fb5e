// The server on which changes are committed: one connection over its unix
// socket, as root, every change a transaction of its own. Used by one thread.
#ifndef POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_PRIMARY_H_
#define POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_PRIMARY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

// A row of virtual_aliases. The ids are 1, 2, 3, ... without a gap.
struct Alias {
  int64_t id = 0;
  std::string source;
};

// Measured are aliases whose id is a multiple of this; the load in the
// background changes the others.
constexpr int64_t kMeasuredIds = 10;

class Primary {
 public:
  static absl::StatusOr<Primary> Open(const std::string& socket);

  // How many aliases there are.
  absl::StatusOr<int64_t> CountAliases();

  // The aliases whose id is a multiple of `step`, by id. Fails if there is
  // none.
  absl::StatusOr<std::vector<Alias>> AliasesByStep(int64_t step);

  // Writes the destination of the change into the aliases `first` to `last`.
  // When this returns OK, it is committed.
  absl::Status Change(int64_t first, int64_t last, int64_t change_number);

 private:
  explicit Primary(std::unique_ptr<Connection> connection)
      : connection_(std::move(connection)) {}

  std::unique_ptr<Connection> connection_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_COMMIT_TO_VISIBLE_PRIMARY_H_
