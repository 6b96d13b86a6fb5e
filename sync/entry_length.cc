#include "sync/entry_length.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "schema/store/entry.h"

namespace postmirror {
namespace {

constexpr size_t kQuotedBytes = 100;

// The rows of one key.
struct Run {
  size_t begin = 0;
  size_t end = 0;
  size_t bytes = 0;   // of the entry
  size_t values = 0;  // in it
};

// Those of the key of row number `row`.
Run RunAround(const PackedRows& rows, size_t row) {
  const absl::string_view key = rows.row(row).key;
  Run run;
  run.begin = row;
  while (run.begin > 0 && rows.row(run.begin - 1).key == key) --run.begin;
  for (run.end = run.begin; run.end < rows.size(); ++run.end) {
    const PackedRows::Row each = rows.row(run.end);
    if (each.key != key) break;
    // The tag before the first value, and a comma before each other.
    run.bytes += 1 + each.value.size();
    run.values += each.values;
  }
  return run;
}

bool IsTooLong(const Run& run, const EntryRules& rules) {
  const bool over_limit =
      rules.expansion_limit > 0 &&
      run.values > static_cast<size_t>(rules.expansion_limit);
  return !over_limit && run.bytes > kMaxEntryBytes;
}

}  // namespace

absl::Status EntryTooLong(absl::string_view key, size_t bytes) {
  return absl::InvalidArgumentError(absl::StrCat(
      "the entry of key '",
      absl::Utf8SafeCHexEscape(key.substr(0, kQuotedBytes)), "' is too long: ",
      bytes, " bytes, of which ", kMaxEntryBytes, " are allowed"));
}

absl::Status CheckEntryLengths(const PackedRows& rows,
                               const EntryRules& rules) {
  if (rows.memory_bytes() <= kMaxEntryBytes) return absl::OkStatus();
  // A key needs more rows than this for an entry that is too long: at every
  // half of it two neighbours of one key are met, so that few rows are looked
  // at where values are as short as usual.
  const size_t allowed_rows = kMaxEntryBytes / (rows.longest_value() + 1);
  const size_t step = std::max<size_t>(allowed_rows / 2, 1);
  for (size_t row = 0; row < rows.size();) {
    const bool has_enough =
        step == 1 || (row + step < rows.size() &&
                      rows.row(row).key == rows.row(row + step).key);
    if (!has_enough) {
      row += step;
      continue;
    }
    const Run run = RunAround(rows, row);
    if (IsTooLong(run, rules)) {
      return EntryTooLong(rows.row(row).key, run.bytes);
    }
    row = run.end;
  }
  return absl::OkStatus();
}

}  // namespace postmirror
