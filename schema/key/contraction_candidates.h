// Which sequences of characters a collation of the Unicode Collation Algorithm
// may compare as one. Which of them it does, the server is asked.
#ifndef POSTMIRROR_SCHEMA_KEY_CONTRACTION_CANDIDATES_H_
#define POSTMIRROR_SCHEMA_KEY_CONTRACTION_CANDIDATES_H_

#include <string>
#include <vector>

namespace postmirror {

// UTF-8, each once, ascending. The default table (UTS 10) has contractions for
// two reasons: so that a letter that sorts by itself is equal to what it
// decomposes into (CYRILLIC SHORT I), and so that a vowel that is written
// before its consonant sorts behind it (THAI SARA E). These are the
// decompositions of all characters but Hangul syllables, and all pairs of such
// a vowel and a letter of its script. Of all other pairs of characters that
// have weights of their own, none is a contraction in MariaDB 10.11's
// uca1400_ai_ci.
std::vector<std::string> ContractionCandidates();

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_KEY_CONTRACTION_CANDIDATES_H_
