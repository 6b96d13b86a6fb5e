#include "sync/binlog/gtid_positions.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace postmirror {

std::optional<GtidPositions> ParseGtids(absl::string_view text) {
  GtidPositions positions;
  if (absl::StripAsciiWhitespace(text).empty()) return positions;
  for (const absl::string_view gtid : absl::StrSplit(text, ',')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(gtid, '-');
    GtidWriter writer;
    uint64_t number = 0;
    if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &writer.domain) ||
        !absl::SimpleAtoi(parts[1], &writer.server) ||
        !absl::SimpleAtoi(parts[2], &number)) {
      return std::nullopt;
    }
    RaiseGtids({{writer, number}}, &positions);
  }
  return positions;
}

void RaiseGtids(const GtidPositions& others, GtidPositions* positions) {
  for (const auto& [writer, number] : others) {
    uint64_t& highest = (*positions)[writer];
    highest = std::max(highest, number);
  }
}

std::string GtidText(const GtidWriter& writer, uint64_t number) {
  return absl::StrCat(writer.domain, "-", writer.server, "-", number);
}

}  // namespace postmirror
