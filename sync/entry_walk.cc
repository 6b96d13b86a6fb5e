#include "sync/entry_walk.h"

#include "schema/key/utf8.h"
#include "schema/store/entry.h"

namespace postmirror {

EntryWalk::EntryWalk(const PackedRows& rows, const EntryRules& rules)
    : rows_(rows), rules_(rules) {}

bool EntryWalk::Next() {
  if (next_row_ == rows_.size()) return false;
  Seek(next_row_);
  return true;
}

void EntryWalk::Seek(size_t row) {
  first_row_ = row;
  PackedRows::Row current = rows_.row(row);
  key_ = current.key;
  entry_.assign(1, kValueTag);
  size_t values = 0;
  for (next_row_ = row;;) {
    if (values > 0) entry_ += ',';
    entry_.append(current.value.data(), current.value.size());
    values += current.values;
    if (++next_row_ == rows_.size()) break;
    current = rows_.row(next_row_);
    if (current.key != key_) break;
  }
  const bool over_limit = rules_.expansion_limit > 0 &&
                          values > static_cast<size_t>(rules_.expansion_limit);
  const bool refused =
      rules_.utf8 && !IsUtf8(absl::string_view(entry_).substr(1));
  // dict_mysql(3) and dict_utf8(3): both end the lookup in an error.
  if (over_limit || refused) entry_.assign(1, kTemporaryTag);
}

}  // namespace postmirror
