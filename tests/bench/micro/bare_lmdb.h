// LMDB as it is, without what a store adds to it: the floor below which no
// lookup gets. It opens no lock file, so that a store may be open in the same
// process; nobody may write meanwhile.
#ifndef POSTMIRROR_TESTS_BENCH_MICRO_BARE_LMDB_H_
#define POSTMIRROR_TESTS_BENCH_MICRO_BARE_LMDB_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

struct MDB_env;
struct MDB_txn;

namespace postmirror {

class BareLmdb {
 public:
  // Nullptr where the sub-database cannot be opened.
  static std::unique_ptr<BareLmdb> Open(const std::string& folder,
                                        const std::string& sub_database);
  ~BareLmdb();
  BareLmdb(const BareLmdb&) = delete;
  BareLmdb& operator=(const BareLmdb&) = delete;

  // mdb_get: the bytes that the key has, in LMDB's own pages.
  std::optional<absl::string_view> Get(absl::string_view key) const;

 private:
  BareLmdb() = default;

  MDB_env* environment_ = nullptr;
  MDB_txn* transaction_ = nullptr;
  unsigned handle_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_MICRO_BARE_LMDB_H_
