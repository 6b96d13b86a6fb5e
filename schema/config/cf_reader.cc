#include "schema/config/cf_reader.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/config/cf_value.h"

namespace postmirror {

std::string CfReader::Value(absl::string_view name) const {
  const CfEntry* entry = file_.Find(name);
  return entry == nullptr ? "" : entry->value;
}

int CfReader::LineOf(absl::string_view name) const {
  const CfEntry* entry = file_.Find(name);
  return entry == nullptr ? 1 : entry->line;
}

std::string CfReader::Path(absl::string_view name) {
  std::string path = Value(name);
  if (!path.empty()) Check(name, CheckAbsolutePath(path));
  return path;
}

bool CfReader::YesNo(absl::string_view name, bool otherwise) {
  if (!Has(name)) return otherwise;
  const absl::StatusOr<bool> value = ParseYesNo(Value(name));
  Check(name, value.status());
  return value.ok() ? *value : otherwise;
}

void CfReader::Error(absl::string_view name, absl::string_view message) {
  errors_->Add(LineOf(name), message);
}

void CfReader::Check(absl::string_view name, const absl::Status& status) {
  if (status.ok()) return;
  Error(name,
        absl::StrCat(name, ": ", Quoted(Value(name)), " ", status.message()));
}

}  // namespace postmirror
