// Keys and entries as the guard remembers them: by digests (XXH3, 64 bits), so
// that what it has to remember is bounded, and holds no address.
#ifndef POSTMIRROR_SYNC_KEY_SET_H_
#define POSTMIRROR_SYNC_KEY_SET_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace postmirror {

// A key and its entry.
struct KeyEntry {
  uint64_t key = 0;
  uint64_t entry = 0;

  friend bool operator==(const KeyEntry&, const KeyEntry&) = default;
};

// A set of keys.
class KeySet {
 public:
  KeySet() = default;
  explicit KeySet(std::vector<uint64_t> keys);

  bool Contains(uint64_t key) const;
  size_t size() const { return keys_.size(); }
  bool empty() const { return keys_.empty(); }

  // In rising order.
  const std::vector<uint64_t>& keys() const { return keys_; }

  void Add(const KeySet& others);
  void Remove(const KeySet& others);
  void RemoveAllBut(const KeySet& others);

  friend bool operator==(const KeySet&, const KeySet&) = default;

 private:
  std::vector<uint64_t> keys_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_KEY_SET_H_
