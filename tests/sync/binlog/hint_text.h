// What a group says, in a line that a test can expect.
#ifndef POSTMIRROR_TESTS_SYNC_BINLOG_HINT_TEXT_H_
#define POSTMIRROR_TESTS_SYNC_BINLOG_HINT_TEXT_H_

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "sync/binlog/binlog_group.h"
#include "sync/binlog/watch_list.h"

namespace postmirror {

// "aliases: a b", "aliases: whole", "anything", "nothing"; several parted by
// "; ". A table's columns are parted by " / ".
inline std::string HintOf(const std::optional<BinlogGroup>& group,
                          const WatchList& watched) {
  if (!group.has_value()) return "nothing";
  if (group->anything) return "anything";
  std::string hint;
  for (const ChangedTable& table : group->tables) {
    absl::StrAppend(&hint, hint.empty() ? "" : "; ",
                    watched.tables()[table.table].table, ":");
    if (table.whole) absl::StrAppend(&hint, " whole");
    for (size_t i = 0; i < table.values.size(); ++i) {
      if (i > 0 && !table.whole) absl::StrAppend(&hint, " /");
      for (const std::string& value : table.values[i]) {
        absl::StrAppend(&hint, " ", value);
      }
    }
  }
  return hint;
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_BINLOG_HINT_TEXT_H_
