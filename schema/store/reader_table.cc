#include "schema/store/reader_table.h"

#include <lmdb.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace postmirror {
namespace {

// A line of mdb_reader_list: the process, its thread in hexadecimal, and the
// commit or "-". Others are headings.
std::optional<ReaderSlot> ParseLine(absl::string_view line) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(line, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  ReaderSlot slot;
  uint64_t commit = 0;
  if (words.size() != 3 || !absl::SimpleAtoi(words[0], &slot.pid) ||
      !absl::SimpleHexAtoi(words[1], &slot.thread)) {
    return std::nullopt;
  }
  if (absl::SimpleAtoi(words[2], &commit)) slot.commit = commit;
  return slot;
}

}  // namespace

std::vector<ReaderSlot> ReadReaderTable(MDB_env* environment) {
  std::vector<ReaderSlot> slots;
  mdb_reader_list(
      environment,
      [](const char* line, void* context) {
        const std::optional<ReaderSlot> slot = ParseLine(line);
        if (slot.has_value()) {
          static_cast<std::vector<ReaderSlot>*>(context)->push_back(*slot);
        }
        return 0;
      },
      &slots);
  return slots;
}

bool HasOwnSlots(MDB_env* environment) {
  const std::vector<ReaderSlot> slots = ReadReaderTable(environment);
  return std::any_of(slots.begin(), slots.end(), [](const ReaderSlot& slot) {
    return slot.pid == getpid();
  });
}

}  // namespace postmirror
