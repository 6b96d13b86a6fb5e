// What a collation of MariaDB holds for equal, as data: sync asks the server
// and writes it into the store, lookups read it there. A value; its bytes are
// described in schema/README.md.
#ifndef POSTMIRROR_SCHEMA_KEY_COLLATION_RULES_H_
#define POSTMIRROR_SCHEMA_KEY_COLLATION_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

struct CollationRules {
  // The characters from `first` to `last` are replaced by `form`, each by the
  // whole of it; without a form they are outside of the column's character set.
  struct Range {
    char32_t first = 0;
    char32_t last = 0;
    std::optional<std::string> form;

    friend bool operator==(const Range&, const Range&) = default;
  };
  // A contraction: characters that are compared as one.
  struct Sequence {
    std::string text;  // UTF-8, two characters or more
    std::string form;

    friend bool operator==(const Sequence&, const Sequence&) = default;
  };

  std::string name;  // "utf8mb4_general_ci", for the operator
  bool pads = true;  // trailing spaces are ignored
  // Bytes are compared as they are; there are no ranges and sequences.
  bool bytes = false;
  // Whether two keys are equal in the database if and only if their forms are.
  // Else the miss of a key that is not all ASCII says nothing.
  bool exact = true;
  // Ascending, not overlapping. What is in none of them stays as it is.
  std::vector<Range> ranges;
  std::vector<Sequence> sequences;  // ascending by text

  friend bool operator==(const CollationRules&,
                         const CollationRules&) = default;
};

std::string EncodeCollationRules(const CollationRules& rules);

// Fails with kDataLoss on anything but an encoding of EncodeCollationRules.
absl::StatusOr<CollationRules> DecodeCollationRules(absl::string_view bytes);

// `mirror_collation = ascii_ci`: letters are compared without their case, all
// characters by themselves, trailing spaces are ignored; exact is false.
CollationRules AsciiCiRules();

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_KEY_COLLATION_RULES_H_
