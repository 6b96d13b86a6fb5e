// From the weights that the server gives to characters to the rules by which
// keys are compared without it. Values in, values out.
#ifndef POSTMIRROR_SYNC_COLLATION_BUILDER_H_
#define POSTMIRROR_SYNC_COLLATION_BUILDER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/key/collation_rules.h"

namespace postmirror {

// WEIGHT_STRING of each character, by its number; nullopt for one that is not
// in the character set. An empty one is ignored in comparisons.
using CharacterWeights = std::vector<std::optional<std::string>>;

// WEIGHT_STRING of some sequences of characters, in UTF-8.
using SequenceWeights = std::vector<std::pair<std::string, std::string>>;

// Rules under which two texts have the same form if and only if the weights of
// their characters (and of their contractions, those among `sequences`), put
// one behind the other, are the same.
CollationRules BuildCollationRules(absl::string_view name, bool pads,
                                   const CharacterWeights& characters,
                                   const SequenceWeights& sequences);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_COLLATION_BUILDER_H_
