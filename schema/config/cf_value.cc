#include "schema/config/cf_value.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace postmirror {
namespace {

struct Unit {
  absl::string_view suffix;
  absl::Duration duration;
};

// postconf(5), "time units", and ms. ms stands before m and s, whose letters it
// has.
absl::StatusOr<absl::Duration> UnitOf(absl::string_view suffix) {
  const Unit units[] = {
      {"", absl::Seconds(1)},     {"ms", absl::Milliseconds(1)},
      {"s", absl::Seconds(1)},    {"m", absl::Minutes(1)},
      {"h", absl::Hours(1)},      {"d", absl::Hours(24)},
      {"w", absl::Hours(7 * 24)},
  };
  for (const Unit& unit : units) {
    if (suffix == unit.suffix) return unit.duration;
  }
  return absl::InvalidArgumentError("unknown unit");
}

// Each is 1024 of the one before.
constexpr absl::string_view kSizeUnits = "KMG";
constexpr size_t kUnitBits = 10;

bool IsDigit(char c) {
  return absl::ascii_isdigit(static_cast<unsigned char>(c));
}

}  // namespace

absl::StatusOr<absl::Duration> ParseTime(absl::string_view text,
                                         absl::Duration min,
                                         absl::Duration max) {
  const auto digits_end = std::find_if_not(text.begin(), text.end(), IsDigit);
  const size_t digits = static_cast<size_t>(digits_end - text.begin());
  int64_t number = 0;
  const absl::StatusOr<absl::Duration> unit = UnitOf(text.substr(digits));
  if (!unit.ok() || !absl::SimpleAtoi(text.substr(0, digits), &number)) {
    return absl::InvalidArgumentError(
        "is not a time, write a whole number with ms, s, m, h, d or w behind "
        "it");
  }
  const absl::Duration time = number * *unit;
  if (time < min || time > max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "is out of range, write a time from ", absl::FormatDuration(min),
        " to ", absl::FormatDuration(max)));
  }
  return time;
}

absl::StatusOr<bool> ParseYesNo(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "yes")) return true;
  if (absl::EqualsIgnoreCase(text, "no")) return false;
  return absl::InvalidArgumentError("is neither yes nor no, write one of them");
}

absl::StatusOr<double> ParsePercent(absl::string_view text) {
  double percent = 0;
  const bool is_number =
      absl::ConsumeSuffix(&text, "%") && !text.empty() && IsDigit(text[0]) &&
      std::all_of(text.begin(), text.end(),
                  [](char c) { return IsDigit(c) || c == '.'; }) &&
      absl::SimpleAtod(text, &percent);
  if (!is_number || percent > 100) {
    return absl::InvalidArgumentError(
        "is not a percentage, write one from 0% to 100%");
  }
  return percent / 100;
}

absl::StatusOr<int64_t> ParseInteger(absl::string_view text, int64_t min,
                                     int64_t max) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number) || number < min || number > max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "is not a whole number from ", min, " to ", max, ", write one"));
  }
  return number;
}

absl::StatusOr<uint64_t> ParseSize(absl::string_view text, uint64_t min,
                                   uint64_t max) {
  const auto digits_end = std::find_if_not(text.begin(), text.end(), IsDigit);
  const size_t digits = static_cast<size_t>(digits_end - text.begin());
  const absl::string_view suffix = text.substr(digits);
  const size_t unit = suffix.size() > 1
                          ? kSizeUnits.npos
                          : kSizeUnits.find(absl::AsciiStrToUpper(suffix));
  uint64_t number = 0;
  if (unit == kSizeUnits.npos ||
      !absl::SimpleAtoi(text.substr(0, digits), &number)) {
    return absl::InvalidArgumentError(
        "is not a size, write a whole number of bytes, or one with K, M or G "
        "behind it");
  }
  const size_t shift = suffix.empty() ? 0 : kUnitBits * (unit + 1);
  if (number > (max >> shift) || (number << shift) < min) {
    return absl::InvalidArgumentError(
        absl::StrCat("is out of range, write a size from ", FormatSize(min),
                     " to ", FormatSize(max)));
  }
  return number << shift;
}

std::string FormatSize(uint64_t bytes) {
  size_t unit = 0;
  while (unit < kSizeUnits.size() && bytes > 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return absl::StrCat(bytes, unit == 0 ? "" : kSizeUnits.substr(unit - 1, 1));
}

absl::StatusOr<unsigned> ParseMode(absl::string_view text) {
  const absl::string_view digits =
      text.size() == 4 && text[0] == '0' ? text.substr(1) : text;
  unsigned mode = 0;
  bool octal = digits.size() == 3;
  for (const char digit : digits) {
    octal = octal && digit >= '0' && digit <= '7';
    mode = mode * 8 + static_cast<unsigned>(digit - '0');
  }
  if (octal) return mode;
  return absl::InvalidArgumentError(
      "is not the mode of a file, write octal digits, as in 0660");
}

absl::Status CheckAbsolutePath(absl::string_view text) {
  if (absl::StartsWith(text, "/")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "is a relative path, which depends on where a program was started, write "
      "one "
      "that begins with /");
}

std::vector<std::string> SplitList(absl::string_view text) {
  return absl::StrSplit(text, absl::ByAnyChar(", \t\r\n\v\f"),
                        absl::SkipEmpty());
}

}  // namespace postmirror
