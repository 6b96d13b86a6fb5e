#include "schema/store/stored_collation.h"

#include <utility>

#include "schema/runtime/digest.h"

namespace postmirror {

StoredCollation MakeStoredCollation(const CollationRules& rules) {
  StoredCollation collation;
  collation.name = rules.name;
  collation.bytes = EncodeCollationRules(rules);
  collation.digest = DigestText(collation.bytes);
  collation.table = std::make_shared<const CollationTable>(rules);
  return collation;
}

absl::StatusOr<std::shared_ptr<const CollationTable>> ReadStoredCollation(
    absl::string_view bytes, absl::string_view digest) {
  if (DigestText(bytes) != digest) {
    return absl::DataLossError("a stored collation is damaged");
  }
  absl::StatusOr<CollationRules> rules = DecodeCollationRules(bytes);
  if (!rules.ok()) return rules.status();
  return std::make_shared<const CollationTable>(*rules);
}

}  // namespace postmirror
