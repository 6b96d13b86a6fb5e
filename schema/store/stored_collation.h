// A collation beside the maps whose keys it compares: written by sync, read by
// lookups, found by the digest of its bytes.
#ifndef POSTMIRROR_SCHEMA_STORE_STORED_COLLATION_H_
#define POSTMIRROR_SCHEMA_STORE_STORED_COLLATION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/key/collation_rules.h"
#include "schema/key/collation_table.h"

namespace postmirror {

struct StoredCollation {
  std::string name;    // "utf8mb4_general_ci", for the operator
  std::string bytes;   // EncodeCollationRules
  std::string digest;  // of the bytes
  std::shared_ptr<const CollationTable> table;  // never nullptr
};

StoredCollation MakeStoredCollation(const CollationRules& rules);

// Fails with kDataLoss unless `bytes` are those that `digest` was made of.
absl::StatusOr<std::shared_ptr<const CollationTable>> ReadStoredCollation(
    absl::string_view bytes, absl::string_view digest);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_STORED_COLLATION_H_
