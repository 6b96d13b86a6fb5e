#include "sync/collation_file.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "schema/runtime/digest.h"
#include "sync/small_file.h"

namespace postmirror {
namespace {

// To be raised when BuildCollationRules makes other rules of the same weights:
// what earlier releases wrote is then asked for again. Stored.
constexpr int kFormat = 1;

// What stands before the rules.
std::string Head(absl::string_view name, absl::string_view version) {
  return absl::StrCat("postmirror collation ", kFormat, "\n", name, "\n",
                      version, "\n");
}

}  // namespace

std::string CollationFilePath(absl::string_view folder, absl::string_view name,
                              absl::string_view version) {
  return absl::StrCat(folder, "/collation-", name, "-", DigestText(version));
}

absl::StatusOr<CollationRules> ReadCollationFile(absl::string_view folder,
                                                 absl::string_view name,
                                                 absl::string_view version) {
  const std::string path = CollationFilePath(folder, name, version);
  const absl::StatusOr<std::string> bytes = ReadSmallFile(path);
  if (!bytes.ok()) return bytes.status();
  absl::string_view rest = *bytes;
  // The checksum first: it was made of all the rest.
  const size_t digest_bytes = DigestText("").size();
  const absl::string_view digest = rest.substr(0, digest_bytes);
  rest.remove_prefix(digest.size());
  if (digest != DigestText(rest) ||
      !absl::ConsumePrefix(&rest, Head(name, version))) {
    return absl::DataLossError(absl::StrCat(path, ": is damaged"));
  }
  absl::StatusOr<CollationRules> rules = DecodeCollationRules(rest);
  if (!rules.ok() || rules->name == name) return rules;
  return absl::DataLossError(absl::StrCat(path, ": is of ", rules->name));
}

absl::Status WriteCollationFile(absl::string_view folder,
                                absl::string_view version,
                                const CollationRules& rules) {
  const std::string content =
      absl::StrCat(Head(rules.name, version), EncodeCollationRules(rules));
  return ReplaceFile(CollationFilePath(folder, rules.name, version),
                     absl::StrCat(DigestText(content), content));
}

}  // namespace postmirror
