// What lookups ended in, kept for those who ask the same again: a get from LMDB
// costs a microsecond of cache misses, most of what we add to the kernel's
// share of a lookup. Only what was read from the same moment of the store
// counts, so that no answer is older than the store. Used by one thread.
#ifndef POSTMIRROR_PROXY_LOOKUP_REPLY_CACHE_H_
#define POSTMIRROR_PROXY_LOOKUP_REPLY_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/search/outcome.h"

namespace postmirror {

class ReplyCache {
 public:
  // Takes 32 MiB, with huge pages as soon as some keys were asked. Where there
  // is no memory, nothing is kept.
  ReplyCache();

  // What this lookup ended in, if it was kept in the same moment of the store
  // (StoreView::moment); `*value` is the value if found. `key` is taken as it
  // was asked, without folding.
  std::optional<Outcome> Find(uint64_t moment, size_t parameter,
                              absl::string_view key, std::string* value) const;

  // Keeps it, maybe in place of another one. Does nothing where the outcome is
  // temporary, there is no moment (0), the key and value are long, or the value
  // is empty.
  void Keep(uint64_t moment, size_t parameter, absl::string_view key,
            Outcome outcome, absl::string_view value);

 private:
  static constexpr size_t kSlots = size_t{1} << 18;
  static constexpr size_t kSlotBytes = 128;  // two cache lines
  static constexpr size_t kTextBytes = kSlotBytes - 12;

  struct Slot {
    uint64_t moment;  // 0 in an empty slot
    uint16_t parameter;
    uint8_t key_bytes;
    uint8_t value_bytes;                // 0: not found
    std::array<char, kTextBytes> text;  // the key, then the value
  };
  static_assert(sizeof(Slot) == kSlotBytes);

  struct Unmap {
    void operator()(Slot* slots) const;
  };

  Slot& SlotOf(size_t parameter, absl::string_view key) const;

  const std::unique_ptr<Slot[], Unmap> slots_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_LOOKUP_REPLY_CACHE_H_
