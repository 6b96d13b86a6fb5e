// Reads named values out of a map file, noting what is wrong with them at the
// line where they stand. For one parse, by one thread.
#ifndef POSTMIRROR_SCHEMA_CONFIG_CF_READER_H_
#define POSTMIRROR_SCHEMA_CONFIG_CF_READER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/config/cf_errors.h"
#include "schema/config/cf_file.h"

namespace postmirror {

class CfReader {
 public:
  // Both must outlive the reader.
  CfReader(const CfFile& file, CfErrors* errors)
      : file_(file), errors_(errors) {}

  bool Has(absl::string_view name) const { return file_.Find(name) != nullptr; }

  // The last value of that name, or empty.
  std::string Value(absl::string_view name) const;

  // Where that value stands; the first line if it does not.
  int LineOf(absl::string_view name) const;

  // The value, which must be an absolute path if it is not empty.
  std::string Path(absl::string_view name);

  // The value, or `otherwise` if it is not stated or neither yes nor no.
  bool YesNo(absl::string_view name, bool otherwise);

  // Notes `message` at the line of `name`.
  void Error(absl::string_view name, absl::string_view message);

  // Notes why the value of `name` cannot be, unless `status` is OK. Quotes the
  // value: not for passwords.
  void Check(absl::string_view name, const absl::Status& status);

  CfErrors* errors() { return errors_; }

 private:
  const CfFile& file_;
  CfErrors* const errors_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_CF_READER_H_
