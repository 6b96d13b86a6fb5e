#include "sync/binlog/query_event.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "sync/binlog/byte_reader.h"
#include "sync/binlog/inflate.h"

namespace postmirror {
namespace {

// More than the longest savepoint and the longest XID have.
constexpr size_t kMaxTextBytes = 4096;

// As the server itself writes them, whatever the client's spelling.
QueryMeaning MeaningOf(absl::string_view text) {
  if (text == "COMMIT") return QueryMeaning::kCommit;
  if (text == "ROLLBACK") return QueryMeaning::kRollback;
  if (text == "BEGIN" || text == "START TRANSACTION") {
    return QueryMeaning::kNothing;
  }
  // As the client spelled it.
  if (absl::StartsWithIgnoreCase(text, "FLUSH ")) return QueryMeaning::kFlush;
  constexpr std::array<absl::string_view, 4> kBeginnings = {
      "SAVEPOINT ", "ROLLBACK TO ", "RELEASE SAVEPOINT ", "XA END "};
  const bool says_nothing = std::any_of(kBeginnings.begin(), kBeginnings.end(),
                                        [text](absl::string_view begin) {
                                          return absl::StartsWith(text, begin);
                                        });
  return says_nothing ? QueryMeaning::kNothing : QueryMeaning::kAnything;
}

// Where the text begins; nullopt if the event is cut short.
std::optional<absl::string_view> FindText(absl::string_view body) {
  ByteReader in(body);
  in.Bytes(4);  // thread
  in.Bytes(4);  // execution time
  const uint8_t database_bytes = in.Byte();
  in.Bytes(2);  // error code
  const uint64_t status_bytes = in.Number(2);
  in.Bytes(status_bytes);
  in.Bytes(database_bytes);
  in.Bytes(1);  // NUL
  if (!in.ok()) return std::nullopt;
  return in.rest();
}

}  // namespace

QueryMeaning ReadQuery(const BinlogEvent& event) {
  const std::optional<absl::string_view> text = FindText(event.body);
  if (!text.has_value()) return QueryMeaning::kAnything;
  if (event.header.type != EventType::kQueryCompressed) {
    return MeaningOf(*text);
  }
  const std::optional<std::string> inflated = Inflate(*text, kMaxTextBytes);
  return inflated.has_value() ? MeaningOf(*inflated) : QueryMeaning::kAnything;
}

}  // namespace postmirror
