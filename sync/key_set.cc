#include "sync/key_set.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace postmirror {

KeySet::KeySet(std::vector<uint64_t> keys) : keys_(std::move(keys)) {
  std::sort(keys_.begin(), keys_.end());
  keys_.erase(std::unique(keys_.begin(), keys_.end()), keys_.end());
}

bool KeySet::Contains(uint64_t key) const {
  return std::binary_search(keys_.begin(), keys_.end(), key);
}

void KeySet::Add(const KeySet& others) {
  if (others.empty()) return;
  std::vector<uint64_t> all;
  all.reserve(keys_.size() + others.size());
  std::set_union(keys_.begin(), keys_.end(), others.keys_.begin(),
                 others.keys_.end(), std::back_inserter(all));
  keys_ = std::move(all);
}

void KeySet::Remove(const KeySet& others) {
  if (empty() || others.empty()) return;
  std::erase_if(keys_, [&](uint64_t key) { return others.Contains(key); });
}

void KeySet::RemoveAllBut(const KeySet& others) {
  std::erase_if(keys_, [&](uint64_t key) { return !others.Contains(key); });
}

}  // namespace postmirror
