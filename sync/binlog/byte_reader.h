// Reads numbers and strings off the front of an event's bytes, and never beyond
// their end: what is asked of too few bytes is 0 or empty, and ok() tells.
#ifndef POSTMIRROR_SYNC_BINLOG_BYTE_READER_H_
#define POSTMIRROR_SYNC_BINLOG_BYTE_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace postmirror {

class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : rest_(bytes) {}

  // False once more was asked than there was; it stays so.
  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }
  absl::string_view rest() const { return rest_; }

  // Valid as long as the bytes are.
  absl::string_view Bytes(uint64_t count) {
    if (count > rest_.size()) return Fail();
    const absl::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }

  // Of 1 to 8 bytes, the least significant first.
  uint64_t Number(size_t byte_count) {
    uint64_t number = 0;
    size_t shift = 0;
    for (const char byte : Bytes(byte_count)) {
      number |= uint64_t{static_cast<uint8_t>(byte)} << shift;
      shift += 8;
    }
    return number;
  }

  uint8_t Byte() { return static_cast<uint8_t>(Number(1)); }

  // A "length-encoded integer" of MariaDB's protocol: one byte below 251, or
  // 252, 253, 254 and 2, 3, 8 bytes.
  uint64_t PackedNumber() {
    const uint8_t first = Byte();
    if (first < 251) return first;
    if (first == 252) return Number(2);
    if (first == 253) return Number(3);
    if (first == 254) return Number(8);
    Fail();
    return 0;
  }

 private:
  absl::string_view Fail() {
    ok_ = false;
    rest_ = absl::string_view();
    return rest_;
  }

  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_BYTE_READER_H_
