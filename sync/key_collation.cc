#include "sync/key_collation.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "sync/mariadb/character_weights.h"

namespace postmirror {

absl::StatusOr<std::string> ReadKeyCollationName(const MirroredMap& map,
                                                 Connection& connection) {
  std::optional<std::string> name;
  for (const std::string& branch : map.query.branches) {
    const absl::StatusOr<std::optional<std::string>> read =
        ReadKeyCollation(connection, branch);
    if (!read.ok()) return read.status();
    // MariaDB would compare a number with the key's leading digits.
    if (!read->has_value()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the key column of \"", branch,
                       "\" is no string, so that its keys cannot be compared "
                       "as MariaDB does: name CAST(... AS CHAR) of it in a "
                       "mirror_query line"));
    }
    if (name.has_value() && name != *read && !map.mirror_ascii_ci) {
      return absl::FailedPreconditionError(
          absl::StrCat("the key columns of its SELECTs have different "
                       "collations, ",
                       *name, " and ", **read, ": give them the same"));
    }
    name = *read;
  }
  return name.value_or("");
}

absl::StatusOr<CollationTables::Collation> FindKeyCollation(
    const MirroredMap& map, const std::string& name, Connection& connection,
    CollationTables* collations) {
  if (map.mirror_ascii_ci && map.query.compares_keys) {
    return absl::FailedPreconditionError(
        "mirror_collation = ascii_ci is not possible for a query in which the "
        "server compares keys with each other (UNION, LIMIT, DISTINCT, GROUP "
        "BY): give the key column a collation that can be mirrored, or write a "
        "mirror_query line without");
  }
  if (map.mirror_ascii_ci) return collations->AsciiCi();
  absl::StatusOr<CollationTables::Collation> collation =
      collations->Get(connection, name);
  if (!absl::IsFailedPrecondition(collation.status())) return collation;
  return absl::FailedPreconditionError(absl::StrCat(
      "the key column of \"", map.query.branches.front(),
      "\": ", collation.status().message(),
      "; give the column another one, or write \"mirror_collation = ascii_ci\" "
      "into the map file"));
}

}  // namespace postmirror
