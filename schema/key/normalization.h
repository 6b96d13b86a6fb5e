// The one door through which keys meet the store: sync normalizes the keys of
// rows, a lookup normalizes its key, both here, so that two keys that MariaDB
// holds for equal become the same bytes.
#ifndef POSTMIRROR_SCHEMA_KEY_NORMALIZATION_H_
#define POSTMIRROR_SCHEMA_KEY_NORMALIZATION_H_

#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

enum class KeyKind {
  // Equality of normalized keys is the database's: a miss is "not found".
  kExact,
  // Equal normalized keys are equal in the database, but the database may hold
  // further keys for equal: a miss is TEMP, never "not found".
  kUncertain,
  // No row can match (empty, invalid UTF-8, a NUL inside): "not found", as with
  // mysql:. The normalized form is then unspecified.
  kUnmatchable,
};

// The rules of one map. A value; stored in the status of the store.
class Normalization {
 public:
  // `utf8` is smtputf8_enable: full Unicode case folding by ICU and the UTF-8
  // gate of dict_utf8(3); without it ASCII letters are folded, nothing is
  // validated.
  explicit Normalization(bool utf8) : utf8_(utf8) {}

  bool utf8() const { return utf8_; }

  friend bool operator==(const Normalization&, const Normalization&) = default;

  // Writes the normalized form of `key` to `*normalized` (reused: no allocation
  // once it is large enough, for ASCII keys) and says what its equality is
  // worth. Idempotent. Trailing spaces are dropped; a key of nothing but spaces
  // becomes one space, kUncertain, so that the form is never empty. May be
  // called from any thread.
  KeyKind Normalize(absl::string_view key, std::string* normalized) const;

 private:
  bool utf8_;
};

// What Postfix does to a key before a mysql: map sees it: ASCII letters to
// lower case if all of it is ASCII or `utf8` is off, else full Unicode case
// folding. False if `utf8` is on and `key` is not valid UTF-8 (RFC 3629);
// *folded is then unspecified.
bool FoldKey(absl::string_view key, bool utf8, std::string* folded);

// Whether `text` is valid UTF-8 (RFC 3629): no overlong forms, no surrogates.
bool IsUtf8(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_KEY_NORMALIZATION_H_
