// From sorted rows to the entries of the store: rows of one key become one
// entry, their values joined as a mysql: map joins them.
#ifndef POSTMIRROR_SYNC_ENTRY_WALK_H_
#define POSTMIRROR_SYNC_ENTRY_WALK_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "sync/packed_rows.h"

namespace postmirror {

// What makes entries out of rows, next to the rows themselves.
struct EntryRules {
  int64_t expansion_limit = 0;  // mysql_table(5); 0: none
  // smtputf8_enable: Postfix answers with an error when a value is not UTF-8.
  bool utf8 = true;
};

class EntryWalk {
 public:
  // `rows` must outlive the walk. REQUIRES: rows.Sort() was called.
  EntryWalk(const PackedRows& rows, const EntryRules& rules);

  // Moves to the next (at first: the first) entry; false behind the last one.
  bool Next();

  // Moves to the entry whose first row is number `row`. REQUIRES: there is one.
  void Seek(size_t row);

  // Valid until the next move. REQUIRES: the walk stands on an entry.
  absl::string_view key() const { return key_; }
  // Made when it is asked for: of a new map the keys alone are looked at first.
  absl::string_view entry() const;
  size_t first_row() const { return first_row_; }

 private:
  void MakeEntry() const;

  const PackedRows& rows_;
  const EntryRules rules_;
  size_t first_row_ = 0;
  size_t next_row_ = 0;
  absl::string_view key_;
  mutable std::string entry_;
  mutable bool is_made_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_ENTRY_WALK_H_
