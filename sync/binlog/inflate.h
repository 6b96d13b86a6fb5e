// The compression of single events, as log_bin_compress=ON makes it.
#ifndef POSTMIRROR_SYNC_BINLOG_INFLATE_H_
#define POSTMIRROR_SYNC_BINLOG_INFLATE_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// What was compressed into `bytes`, their little header included; nullopt if
// that is more than `max_bytes`, or not what the header promises.
std::optional<std::string> Inflate(absl::string_view bytes, size_t max_bytes);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_INFLATE_H_
