// How a server compares the keys that a query reads: in which collation, and
// the weight that this gives to each character. Each fails as Connection::Query
// does.
#ifndef POSTMIRROR_SYNC_MARIADB_CHARACTER_WEIGHTS_H_
#define POSTMIRROR_SYNC_MARIADB_CHARACTER_WEIGHTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync/collation_builder.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

// The full name of the collation of the first column of `select`, such as
// "utf8mb4_uca1400_ai_ci", and "binary" for a byte string; nullopt where it is
// no string. The tables are not read.
absl::StatusOr<std::optional<std::string>> ReadKeyCollation(
    Connection& connection, absl::string_view select);

// The weight of every character in `collation` of `charset`.
absl::StatusOr<CharacterWeights> ReadCharacterWeights(
    Connection& connection, absl::string_view charset,
    absl::string_view collation);

// The weights of `sequences`, in UTF-8, all of characters in `charset`.
absl::StatusOr<SequenceWeights> ReadSequenceWeights(
    Connection& connection, absl::string_view charset,
    absl::string_view collation, const std::vector<std::string>& sequences);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_CHARACTER_WEIGHTS_H_
