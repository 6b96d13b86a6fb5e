// CollationRules made fast: the form of a key, in which two keys are the same
// bytes if the column's collation holds them for equal. Immutable; any thread.
#ifndef POSTMIRROR_SCHEMA_KEY_COLLATION_TABLE_H_
#define POSTMIRROR_SCHEMA_KEY_COLLATION_TABLE_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/key/collation_rules.h"

namespace postmirror {

class CollationTable {
 public:
  explicit CollationTable(const CollationRules& rules);

  bool pads() const { return pads_; }
  bool bytes() const { return bytes_; }
  bool exact() const { return exact_; }

  // Whether printable ASCII without upper case letters is its own form.
  bool keeps_folded_ascii() const { return keeps_folded_ascii_; }

  // Writes the form of `text` to `*form`, trailing spaces left as they are.
  // False, with `*form` unspecified, if no column of this collation can hold
  // the text: it is not UTF-8, or has a character of another character set.
  bool Apply(absl::string_view text, std::string* form) const;

 private:
  // What becomes of one character: an offset into pool_, or one of these.
  using Action = uint32_t;
  static constexpr Action kKeep = 0;
  static constexpr Action kOutside = 1;
  static constexpr Action kFirstOffset = 2;
  using Page = std::array<Action, 256>;

  void AddRange(const CollationRules::Range& range,
                std::map<Action, uint16_t>* uniform);
  Action AddForm(const std::string& form);
  void AddAscii();

  // Makes the form of the ASCII characters that the text begins with; returns
  // how many those are.
  size_t BeginWithAscii(absl::string_view text, std::string* form) const;
  // Appends the form of the character at text[*i] and moves behind it.
  bool ApplyOne(absl::string_view text, size_t* i, std::string* form) const;
  const CollationRules::Sequence* FindSequence(absl::string_view rest,
                                               char32_t head) const;

  bool pads_;
  bool bytes_;
  bool exact_;
  bool keeps_folded_ascii_ = false;
  // The form of an ASCII character, where it is one character and begins no
  // sequence; else 0.
  std::array<char, 128> ascii_ = {};
  std::array<uint16_t, 0x1100> page_of_ = {};  // by character / 256
  std::vector<Page> pages_;                    // the first keeps everything
  std::vector<std::string> pool_;
  // By first character; the longest comes first.
  std::map<char32_t, std::vector<CollationRules::Sequence>> sequences_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_KEY_COLLATION_TABLE_H_
