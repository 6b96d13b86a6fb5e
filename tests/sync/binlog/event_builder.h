// Events as a server writes them, for tests that want one of a kind, or a wrong
// one.
#ifndef POSTMIRROR_TESTS_SYNC_BINLOG_EVENT_BUILDER_H_
#define POSTMIRROR_TESTS_SYNC_BINLOG_EVENT_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync/binlog/binlog_event.h"

namespace postmirror {

// The least significant byte first.
std::string Little(uint64_t number, size_t bytes);

struct FakeColumn {
  uint8_t type;
  std::string metadata;
};

// VARCHAR(100), and INT.
FakeColumn Text();
FakeColumn Int();

// The values of a row as they stand in an image, nullopt for NULL.
using FakeRow = std::vector<std::optional<std::string>>;

// A short string with its length before it, as VARCHAR has it.
std::string Short(absl::string_view value);

std::string TableMapBody(uint64_t id, absl::string_view name,
                         const std::vector<FakeColumn>& columns);
// All columns are there; an update's images follow each other. An INSERT, say:
// RowsBody(1, 1, {{Short("a"), std::nullopt}}).
std::string RowsBody(uint64_t id, int images, const std::vector<FakeRow>& rows,
                     uint16_t flags = 1);
std::string CompressedRowsBody(uint64_t id, const std::vector<FakeRow>& rows);
std::string QueryBody(absl::string_view text);
std::string Deflate(absl::string_view bytes);
std::string FormatBody(uint8_t algorithm);

// Puts header and checksum around bodies, one after another in a file.
class EventBuilder {
 public:
  static constexpr uint8_t kNone = 0;
  static constexpr uint8_t kCrc32 = 1;

  explicit EventBuilder(uint8_t algorithm = kCrc32) : algorithm_(algorithm) {}

  std::string Event(EventType type, absl::string_view body, uint16_t flags = 0);
  std::string Format();
  std::string Gtid(uint8_t flags = 0);
  // As sent at the start of a file.
  std::string FakeRotate(absl::string_view file, uint64_t offset);
  std::string Heartbeat(absl::string_view file, uint64_t offset);

  uint64_t offset() const { return offset_; }
  void MoveTo(uint64_t offset) { offset_ = offset; }

 private:
  std::string Wrap(EventType type, absl::string_view body, uint32_t end,
                   uint16_t flags, bool checksum) const;

  const uint8_t algorithm_;
  uint64_t offset_ = 4;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_BINLOG_EVENT_BUILDER_H_
