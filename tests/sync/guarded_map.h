// A map as the guard's tests see it: what the store has, what the database has,
// and a read that brings what passes the guard from one to the other.
#ifndef POSTMIRROR_TESTS_SYNC_GUARDED_MAP_H_
#define POSTMIRROR_TESTS_SYNC_GUARDED_MAP_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"
#include "sync/guard.h"
#include "tests/sync/fake_clock.h"

namespace postmirror {

class GuardedMap {
 public:
  GuardedMap(Guard* guard, const FakeClock* clock,
             std::string name = "/etc/postmirror/aliases.cf")
      : guard_(*guard), clock_(*clock), name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  // The keys numbered from `first` on, in the database.
  void Insert(uint64_t count, uint64_t first = 0,
              const std::string& value = "v") {
    for (uint64_t i = first; i < first + count; ++i) {
      database[Key(i)] = value;
    }
  }
  void Delete(uint64_t count, uint64_t first = 0) {
    for (uint64_t i = first; i < first + count; ++i) database.erase(Key(i));
  }

  // A map that was filled with so many keys, and not looked at by the guard.
  void Fill(uint64_t count) {
    database.clear();
    Insert(count);
    store = database;
  }

  // Reads and applies. `next` says what the read is beside its entries.
  Judgement Read() {
    JudgedChange change = next;
    change.before = store.size();
    change.after = database.size();
    for (const auto& [key, value] : database) {
      const auto had = store.find(key);
      if (had == store.end()) {
        change.added.push_back({Digest(key), Digest(value)});
      } else if (had->second != value) {
        change.changed.push_back(
            {Digest(key), Digest(had->second), Digest(value)});
      }
    }
    for (const auto& [key, value] : store) {
      if (!database.contains(key)) {
        change.removed.push_back({Digest(key), Digest(value)});
      }
    }
    Judgement judgement = guard_.Judge(name_, change, clock_.Now());
    if (!judgement.waits_whole) Apply(judgement);
    return judgement;
  }

  // Whether the read let everything pass.
  bool Passes() { return !Read().held.has_value() && store == database; }

  // How many removals, or values, are held; none where the map is not.
  HeldChanges Held() { return Read().held.value_or(HeldChanges()); }

  bool Accept(const HeldChanges& seen) {
    return guard_.Accept(name_, seen.removals, seen.values, seen.digest);
  }

  std::map<std::string, std::string> database;
  std::map<std::string, std::string> store;
  JudgedChange next;

 private:
  static std::string Key(uint64_t number) {
    return absl::StrCat("user", number, "@example.org");
  }

  void Apply(const Judgement& judgement) {
    size_t removed = 0;
    size_t changed = 0;
    const std::map<std::string, std::string> before = store;
    for (const auto& [key, value] : before) {
      const auto now = database.find(key);
      if (now == database.end()) {
        if (!judgement.removal_waits[removed++]) store.erase(key);
      } else if (now->second != value) {
        if (!judgement.value_waits[changed++]) store[key] = now->second;
      }
    }
    if (judgement.additions_wait) return;
    for (const auto& [key, value] : database) store.emplace(key, value);
  }

  Guard& guard_;
  const FakeClock& clock_;
  const std::string name_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_GUARDED_MAP_H_
