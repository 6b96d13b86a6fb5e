// The values of a configuration file: text to what it means. A failure is
// kInvalidArgument with a message that goes on after the quoted value, such as
// `is not yes or no, write one of them`; the caller puts the name before it.
#ifndef POSTMIRROR_SCHEMA_CONFIG_CF_VALUE_H_
#define POSTMIRROR_SCHEMA_CONFIG_CF_VALUE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postmirror {

// A time value of postconf(5): a whole number with s, m, h, d or w behind it,
// or our ms; seconds if there is no unit. `min` and `max` are included.
absl::StatusOr<absl::Duration> ParseTime(absl::string_view text,
                                         absl::Duration min,
                                         absl::Duration max);

// "yes" or "no", whatever the case.
absl::StatusOr<bool> ParseYesNo(absl::string_view text);

// A number from 0 to 100 with a percent sign behind it, as a part of one: "50%"
// is 0.5. Decimals are taken.
absl::StatusOr<double> ParsePercent(absl::string_view text);

// A whole decimal number; `min` and `max` are included.
absl::StatusOr<int64_t> ParseInteger(absl::string_view text, int64_t min,
                                     int64_t max);

// A number of bytes, with K, M or G behind it for so many times 1024 of them,
// whatever the case; `min` and `max` are included.
absl::StatusOr<uint64_t> ParseSize(absl::string_view text, uint64_t min,
                                   uint64_t max);

// As ParseSize reads it: "2G".
std::string FormatSize(uint64_t bytes);

// The mode of a file, three octal digits or four of which the first is 0:
// "0660" is 0660.
absl::StatusOr<unsigned> ParseMode(absl::string_view text);

// OK if `text` is a path from the root. A relative one would mean another file
// in each program, and in Postfix's own folder.
absl::Status CheckAbsolutePath(absl::string_view text);

// The elements of a list, separated by commas or white space (postconf(5)).
std::vector<std::string> SplitList(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_CF_VALUE_H_
