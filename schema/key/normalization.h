// The one door through which keys meet the store: sync normalizes the keys of
// rows, a lookup normalizes its key, both here, so that two keys that MariaDB
// holds for equal become the same bytes.
#ifndef POSTMIRROR_SCHEMA_KEY_NORMALIZATION_H_
#define POSTMIRROR_SCHEMA_KEY_NORMALIZATION_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "schema/key/collation_table.h"

namespace postmirror {

enum class KeyKind {
  // Equality of normalized keys is the database's: a miss is "not found".
  kExact,
  // Equal normalized keys are equal in the database, but the database may hold
  // further keys for equal: a miss is TEMP, never "not found".
  kUncertain,
  // No row can match (empty, a NUL inside, no valid UTF-8, a character that the
  // column cannot hold): "not found". The normalized form is then unspecified.
  kUnmatchable,
};

// What stands in the store for a key of which the collation leaves nothing,
// such as a row's empty one, since LMDB holds no empty key. No other form is
// these bytes, which are not UTF-8; of byte strings, nothing leaves nothing. Do
// not change: stored.
inline constexpr absl::string_view kEmptyKeyForm("\xFF", 1);

// The rules of one map. Cheap to copy. May be used from any thread.
class Normalization {
 public:
  // `utf8` is smtputf8_enable, see FoldKey.
  Normalization(bool utf8, std::shared_ptr<const CollationTable> collation)
      : utf8_(utf8), collation_(std::move(collation)) {}

  // Writes the normalized form of a lookup key to `*normalized` (reused: no
  // allocation once it is large enough, for printable ASCII) and says what its
  // equality is worth. Postfix's folding comes first, then the collation. The
  // form is never empty.
  KeyKind NormalizeKey(absl::string_view key, std::string* normalized) const;

  // The same for the key column of a row, which Postfix does not fold. False if
  // no lookup key can match it.
  bool NormalizeRow(absl::string_view column, std::string* normalized) const;

 private:
  void Finish(std::string* normalized) const;

  bool utf8_;
  std::shared_ptr<const CollationTable> collation_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_KEY_NORMALIZATION_H_
