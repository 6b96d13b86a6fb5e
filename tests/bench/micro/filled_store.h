// Stores of one map with many aliases, and keys to look up in them.
#ifndef POSTMIRROR_TESTS_BENCH_MICRO_FILLED_STORE_H_
#define POSTMIRROR_TESTS_BENCH_MICRO_FILLED_STORE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/store/store_reader.h"
#include "tests/bench/micro/bare_lmdb.h"

namespace postmirror {

class FilledStore {
 public:
  // The map's name.
  static constexpr char kMap[] = "/etc/postmirror/aliases.cf";

  // Makes a store in `folder`, which must not exist, as a first full sync does.
  static absl::StatusOr<std::unique_ptr<FilledStore>> Make(
      const std::string& folder, size_t entries);

  StoreReader* reader() { return &reader_; }
  const BareLmdb& bare() const { return *bare_; }

  // So many that no cache holds the pages of a large store that they need, in
  // no order: keys that are there, and keys that are not, each between two that
  // are.
  const std::vector<std::string>& hits() const { return hits_; }
  const std::vector<std::string>& misses() const { return misses_; }

 private:
  explicit FilledStore(const std::string& folder) : reader_(folder) {}

  void ChooseKeys(size_t entries);
  // Looks every key up once, which brings the pages in.
  absl::Status CheckKeys();

  StoreReader reader_;
  std::unique_ptr<BareLmdb> bare_;
  std::vector<std::string> hits_;
  std::vector<std::string> misses_;
};

class FilledStores {
 public:
  explicit FilledStores(std::string folder) : folder_(std::move(folder)) {}

  // Makes the store of so many entries when it is first asked for; nullptr
  // where that fails, and says why on the standard error.
  FilledStore* Get(size_t entries);

 private:
  const std::string folder_;
  std::map<size_t, std::unique_ptr<FilledStore>> stores_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_MICRO_FILLED_STORE_H_
