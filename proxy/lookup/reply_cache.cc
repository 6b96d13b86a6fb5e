#include "proxy/lookup/reply_cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <limits>

#include "absl/hash/hash.h"

namespace postmirror {
namespace {

// Zeros, or null. Huge pages, where the system has them, keep the slots from
// competing with the store for the TLB.
void* MapZeros(size_t bytes) {
  void* const memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  madvise(memory, bytes, MADV_HUGEPAGE);
  return memory;
}

}  // namespace

void ReplyCache::Unmap::operator()(Slot* slots) const {
  munmap(slots, kSlots * sizeof(Slot));
}

ReplyCache::ReplyCache()
    : slots_(static_cast<Slot*>(MapZeros(kSlots * sizeof(Slot)))) {}

ReplyCache::Slot& ReplyCache::SlotOf(size_t parameter,
                                     absl::string_view key) const {
  return slots_[absl::HashOf(parameter, key) % kSlots];
}

std::optional<Outcome> ReplyCache::Find(uint64_t moment, size_t parameter,
                                        absl::string_view key,
                                        std::string* value) const {
  if (slots_ == nullptr || moment == 0) return std::nullopt;
  const Slot& slot = SlotOf(parameter, key);
  if (slot.moment != moment || slot.parameter != parameter ||
      absl::string_view(slot.text.data(), slot.key_bytes) != key) {
    return std::nullopt;
  }
  if (slot.value_bytes == 0) return Outcome::kNotFound;
  value->assign(slot.text.data() + slot.key_bytes, slot.value_bytes);
  return Outcome::kFound;
}

void ReplyCache::Keep(uint64_t moment, size_t parameter, absl::string_view key,
                      Outcome outcome, absl::string_view value) {
  if (slots_ == nullptr || moment == 0 || outcome == Outcome::kTemporary)
    return;
  if (outcome == Outcome::kNotFound) {
    value = {};
  } else if (value.empty()) {
    return;  // it would be taken for not found
  }
  if (key.size() + value.size() > kTextBytes ||
      parameter > std::numeric_limits<uint16_t>::max()) {
    return;
  }
  Slot& kept = SlotOf(parameter, key);
  kept.moment = moment;
  kept.parameter = static_cast<uint16_t>(parameter);
  kept.key_bytes = static_cast<uint8_t>(key.size());
  kept.value_bytes = static_cast<uint8_t>(value.size());
  std::copy(value.begin(), value.end(),
            std::copy(key.begin(), key.end(), kept.text.begin()));
}

}  // namespace postmirror
