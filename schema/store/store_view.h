// One thread's view of the store.
//
//   StoreReader reader("/var/lib/postmirror");
//   absl::Status why_not = reader.Refresh();   // and again about once a second
//   StoreView view(&reader, {"/etc/postmirror/aliases.cf"});
//   view.Begin();
//   Outcome outcome = view.Lookup(0, "info@example.org", &value);
//   view.End();
//
// Every fault (no store, never filled, unknown map, damage, a file cut off
// under the mapping) is Outcome::kTemporary; nothing here ends in "not found"
// but a key that is not in the map.
#ifndef POSTMIRROR_SCHEMA_STORE_STORE_VIEW_H_
#define POSTMIRROR_SCHEMA_STORE_STORE_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/key/normalization.h"
#include "schema/search/outcome.h"
#include "schema/store/map_record.h"
#include "schema/store/tree_search.h"

struct MDB_cursor;
struct MDB_txn;

namespace postmirror {

class StoreReader;

class StoreView {
 public:
  // `reader` must outlive the view. `maps` are map names, in the order in which
  // Lookup counts them.
  StoreView(StoreReader* reader, std::vector<std::string> maps);
  ~StoreView();
  StoreView(const StoreView&) = delete;
  StoreView& operator=(const StoreView&) = delete;

  // Between Begin and End every lookup sees one moment of the store. Held no
  // longer than a wake-up: a moment in use keeps its pages from being reused.
  void Begin();
  void End();

  // Looks up `key`, as spelled in the request, in map number `map`: folds and
  // normalizes it, and applies the map's `domain`. `*value` is the value if
  // found, a reason for the operator if temporary, else unspecified. REQUIRES:
  // between Begin and End.
  Outcome Lookup(size_t map, absl::string_view key, std::string* value);

  // What the store says of map number `map`; nullptr where it does not know it
  // or cannot be read. Valid until End. REQUIRES: between Begin and End.
  const MapRecord* Record(size_t map) const;

  // A number of the moment that lookups see: two of one number see the same
  // entries. 0 where they see none. REQUIRES: between Begin and End.
  uint64_t moment() const { return state_.ok() ? moment_ : 0; }

  // The number of sync's commit that lookups see; 0 where they see none.
  // REQUIRES: between Begin and End.
  uint64_t commit() const { return state_.ok() ? loaded_id_ : 0; }

  // Why lookups are temporary, or OK. REQUIRES: between Begin and End.
  const absl::Status& state() const { return state_; }

 private:
  friend class StoreReader;

  struct CursorCloser {
    void operator()(MDB_cursor* cursor) const;
  };
  using Cursor = std::unique_ptr<MDB_cursor, CursorCloser>;

  struct ServedMap {
    MapRecord record;
    Normalization normalization;
    std::vector<std::string> domain;  // of the record, folded as keys are
    unsigned handle = 0;
    Cursor cursor;  // opened by the first lookup, then reused
  };

  void Forget();  // drops what belongs to the environment that is being closed
  absl::Status StartTransaction();
  absl::Status Load();
  absl::StatusOr<std::optional<ServedMap>> LoadMap(const std::string& name);
  absl::StatusOr<std::shared_ptr<const CollationTable>> LoadCollation(
      unsigned status, const std::string& digest);
  absl::Status CheckSubDatabase(const MapRecord& record, unsigned handle);
  absl::StatusOr<unsigned> Handle(const std::string& sub_database);
  absl::Status Read(unsigned handle, absl::string_view key, std::string* bytes);
  bool InDomain(absl::string_view key, const ServedMap& map);
  Outcome Find(ServedMap& map, std::string* value);

  StoreReader* const reader_;
  const std::vector<std::string> names_;
  std::shared_lock<std::shared_mutex> lock_;
  MDB_txn* transaction_ = nullptr;  // kept, reset, between wake-ups
  size_t loaded_id_ = 0;            // the transaction that maps_ was read in
  uint64_t moment_ = 0;             // counts the times that maps_ was read
  std::vector<std::optional<ServedMap>> maps_;
  // Those that this environment has had at some moment.
  std::set<std::string> filled_;
  // By digest; those of the maps.
  std::map<std::string, std::shared_ptr<const CollationTable>> collations_;
  absl::Status state_;
  MappedFile file_;
  bool stale_ = false;  // a handle was opened that transaction_ does not know
  // Reused, so that a lookup does not allocate.
  std::string key_;
  std::string asked_domain_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_STORE_VIEW_H_
