// A place in a server's binlog: between two events of one of its files.
#ifndef POSTMIRROR_SYNC_BINLOG_BINLOG_POSITION_H_
#define POSTMIRROR_SYNC_BINLOG_BINLOG_POSITION_H_

#include <compare>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace postmirror {

struct BinlogPosition {
  std::string file;     // "mysql-bin.000001"
  uint64_t offset = 0;  // in bytes, from the file's start

  friend bool operator==(const BinlogPosition&,
                         const BinlogPosition&) = default;

  // Earlier is less, among positions of one server whose binlog was not reset.
  // The number at the end of the name gets a digit more after 999999.
  friend std::strong_ordering operator<=>(const BinlogPosition& one,
                                          const BinlogPosition& other) {
    if (one.file.size() != other.file.size()) {
      return one.file.size() <=> other.file.size();
    }
    if (one.file != other.file) {
      return one.file < other.file ? std::strong_ordering::less
                                   : std::strong_ordering::greater;
    }
    return one.offset <=> other.offset;
  }

  // "mysql-bin.000001:328", for the operator.
  std::string ToString() const { return absl::StrCat(file, ":", offset); }
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_BINLOG_POSITION_H_
