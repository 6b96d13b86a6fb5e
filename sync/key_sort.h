// Sorts keys by their bytes, fast where they share their beginnings, as the
// addresses of a domain's users do.
#ifndef POSTMIRROR_SYNC_KEY_SORT_H_
#define POSTMIRROR_SYNC_KEY_SORT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace postmirror {

// Some bytes of a key from number `from` on, as a number: of keys that are
// equal before, the one with the lesser number is the lesser. If the numbers
// are equal as well, the keys are, or both go on at from + kKeyPartBytes.
// REQUIRES: from
// <= key.size().
uint64_t KeyPart(absl::string_view key, size_t from);
inline constexpr size_t kKeyPartBytes = 7;

// Whether the key of that part goes on behind it.
bool GoesOn(uint64_t part);

struct SortedKey {
  absl::string_view key;
  uint32_t number = 0;  // orders equal keys
  uint64_t part = 0;    // SortKeys's own
};

// REQUIRES: the numbers rise.
void SortKeys(absl::Span<SortedKey> keys);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_KEY_SORT_H_
