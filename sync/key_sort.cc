#include "sync/key_sort.h"

#include <algorithm>
#include <cstring>

namespace postmirror {
namespace {

// Of keys that are equal before `from`, and in the order of their numbers.
void SortFrom(absl::Span<SortedKey> keys, size_t from) {
  while (keys.size() > 1) {
    bool differ = false;
    for (SortedKey& key : keys) {
      key.part = KeyPart(key.key, from);
      differ = differ || key.part != keys.front().part;
    }
    if (differ) break;
    if (!GoesOn(keys.front().part)) return;
    from += kKeyPartBytes;
  }
  std::sort(keys.begin(), keys.end(),
            [](const SortedKey& a, const SortedKey& b) {
              return a.part != b.part ? a.part < b.part : a.number < b.number;
            });
  for (size_t begin = 0; begin < keys.size();) {
    size_t end = begin + 1;
    while (end < keys.size() && keys[end].part == keys[begin].part) ++end;
    if (end - begin > 1 && GoesOn(keys[begin].part)) {
      SortFrom(keys.subspan(begin, end - begin), from + kKeyPartBytes);
    }
    begin = end;
  }
}

}  // namespace

uint64_t KeyPart(absl::string_view key, size_t from) {
  unsigned char bytes[kKeyPartBytes + 1] = {};
  const size_t left = key.size() - from;
  std::memcpy(bytes, key.data() + from, std::min(left, kKeyPartBytes));
  // So that a key stands before those that it begins, whatever their next byte.
  bytes[kKeyPartBytes] =
      static_cast<unsigned char>(std::min(left, kKeyPartBytes + 1));
  uint64_t part = 0;
  for (const unsigned char byte : bytes) part = part << 8 | byte;
  return part;
}

bool GoesOn(uint64_t part) { return (part & 0xFF) > kKeyPartBytes; }

void SortKeys(absl::Span<SortedKey> keys) { SortFrom(keys, 0); }

}  // namespace postmirror
