#include "schema/query/result_format.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/query/query_template.h"
#include "schema/query/sql_token.h"

namespace postmirror {

ResultFormat::ResultFormat(std::string format) : format_(std::move(format)) {
  for (size_t i = 0; i + 1 < format_.size(); ++i) {
    if (format_[i] != '%') continue;
    ++i;
    uses_user_ = uses_user_ || format_[i] == 'u';
    uses_domain_ = uses_domain_ || format_[i] == 'd';
  }
}

absl::StatusOr<ResultFormat> ResultFormat::Parse(absl::string_view format) {
  if (format.empty())
    return absl::InvalidArgumentError("result_format is empty");
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') continue;
    const char letter = ++i < format.size() ? format[i] : '\0';
    if (letter == '%' || letter == 's' || letter == 'u' || letter == 'd')
      continue;
    if (IsSpecifier(letter)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "result_format: %", absl::string_view(&letter, 1),
          " stands for the lookup key, which a mirrored value cannot hold; "
          "build the value in the select list of the query instead"));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "result_format: a lone % at ", Excerpt(format.substr(i - 1)),
        ": a percent sign is written %%"));
  }
  return ResultFormat(std::string(format));
}

bool ResultFormat::Append(absl::string_view value, std::string* result) const {
  value = value.substr(0, value.find('\0'));
  if (value.empty()) return false;
  // The last "@" divides; the local part of what has none is all of it.
  const size_t at = value.rfind('@');
  const bool divided = at != absl::string_view::npos;
  const absl::string_view user = value.substr(0, at);
  const absl::string_view domain =
      divided ? value.substr(at + 1) : absl::string_view();
  if (uses_domain_ && domain.empty()) return false;
  if (uses_user_ && user.empty()) return false;

  if (!result->empty()) *result += ',';
  for (size_t i = 0; i < format_.size(); ++i) {
    if (format_[i] != '%') {
      *result += format_[i];
      continue;
    }
    switch (format_[++i]) {
      case 's':
        absl::StrAppend(result, value);
        break;
      case 'u':
        absl::StrAppend(result, user);
        break;
      case 'd':
        absl::StrAppend(result, domain);
        break;
      default:
        *result += '%';
    }
  }
  return true;
}

}  // namespace postmirror
