// What a proxy would see of a store that this process is writing. Each question
// is asked in a process of its own: a store may be open only once in a process.
#ifndef POSTMIRROR_TESTS_SYNC_STORE_PROBE_H_
#define POSTMIRROR_TESTS_SYNC_STORE_PROBE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

class StoreProbe {
 public:
  explicit StoreProbe(absl::string_view store) : store_(store) {}

  // The value, "NOT FOUND" or "TEMPORARY".
  std::string Lookup(const std::string& map, const std::string& key) const;

  // "SUB-DATABASE DEFINITION ENTRIES ROWS UNSTORABLE", or "none".
  std::string Record(const std::string& map) const;

  // The names of the collations beside the maps, each followed by a space.
  std::string Collations() const;

  // The number of the last transaction that was committed.
  uint64_t LastTransaction() const;

 private:
  const std::string store_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_STORE_PROBE_H_
