// `result_format` of mysql_table(5), applied to each column value of a row.
#ifndef POSTMIRROR_SCHEMA_QUERY_RESULT_FORMAT_H_
#define POSTMIRROR_SCHEMA_QUERY_RESULT_FORMAT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

class ResultFormat {
 public:
  // Fails with kInvalidArgument on an unknown `%` specifier, and on those that
  // stand for the lookup key (%S %U %D %1..%9), which a mirrored value cannot
  // hold: a mirrored row does not know which spelling of its key will be asked.
  static absl::StatusOr<ResultFormat> Parse(absl::string_view format);

  // Appends the expansion of `value` to `*result`, after a comma if `*result`
  // is not empty, and returns true; returns false and appends nothing where
  // db_common_expand(3) skips the value: an empty one, %d without a domain, %u
  // with an empty local part. `value` ends at its first NUL, as a C string
  // does.
  bool Append(absl::string_view value, std::string* result) const;

 private:
  explicit ResultFormat(std::string format);

  std::string format_;
  bool uses_user_ = false;
  bool uses_domain_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_RESULT_FORMAT_H_
