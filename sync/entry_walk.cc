#include "sync/entry_walk.h"

#include "schema/key/utf8.h"
#include "schema/store/entry.h"

namespace postmirror {
namespace {

// What a row's way from memory takes is about what so many rows take to walk.
constexpr size_t kRowsAhead = 8;

}  // namespace

EntryWalk::EntryWalk(const PackedRows& rows, const EntryRules& rules)
    : rows_(rows), rules_(rules) {}

bool EntryWalk::Next() {
  if (next_row_ == rows_.size()) return false;
  Seek(next_row_);
  return true;
}

void EntryWalk::Seek(size_t row) {
  first_row_ = row;
  is_made_ = false;
  key_ = rows_.row(row).key;
  for (next_row_ = row + 1; next_row_ < rows_.size(); ++next_row_) {
    rows_.Prefetch(next_row_ + kRowsAhead);
    if (rows_.row(next_row_).key != key_) break;
  }
}

absl::string_view EntryWalk::entry() const {
  if (!is_made_) MakeEntry();
  is_made_ = true;
  return entry_;
}

void EntryWalk::MakeEntry() const {
  entry_.assign(1, kValueTag);
  size_t values = 0;
  for (size_t i = first_row_; i < next_row_; ++i) {
    const PackedRows::Row row = rows_.row(i);
    if (values > 0) entry_ += ',';
    entry_.append(row.value.data(), row.value.size());
    values += row.values;
  }
  const bool over_limit = rules_.expansion_limit > 0 &&
                          values > static_cast<size_t>(rules_.expansion_limit);
  const bool refused =
      rules_.utf8 && !IsUtf8(absl::string_view(entry_).substr(1));
  // dict_mysql(3) and dict_utf8(3): both end the lookup in an error.
  if (over_limit || refused) entry_.assign(1, kTemporaryTag);
}

}  // namespace postmirror
