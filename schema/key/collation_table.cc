#include "schema/key/collation_table.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "absl/strings/match.h"
#include "schema/key/key_folding.h"
#include "schema/key/utf8.h"

namespace postmirror {
CollationTable::CollationTable(const CollationRules& rules)
    : pads_(rules.pads), bytes_(rules.bytes), exact_(rules.exact), pages_(1) {
  // Pages that one range fills are shared: a range may be a whole plane.
  std::map<Action, uint16_t> uniform;
  for (const CollationRules::Range& range : rules.ranges) {
    AddRange(range, &uniform);
  }
  for (const CollationRules::Sequence& sequence : rules.sequences) {
    size_t i = 0;
    const std::optional<char32_t> head = NextCharacter(sequence.text, &i);
    if (head.has_value()) sequences_[*head].push_back(sequence);
  }
  for (auto& [head, sequences] : sequences_) {
    std::sort(sequences.begin(), sequences.end(),
              [](const auto& a, const auto& b) {
                return a.text.size() > b.text.size();
              });
  }
  AddAscii();
}

CollationTable::Action CollationTable::AddForm(const std::string& form) {
  if (pool_.empty() || pool_.back() != form) pool_.push_back(form);
  return kFirstOffset + static_cast<Action>(pool_.size() - 1);
}

void CollationTable::AddRange(const CollationRules::Range& range,
                              std::map<Action, uint16_t>* uniform) {
  const Action action =
      range.form.has_value() ? AddForm(*range.form) : kOutside;
  for (size_t page = range.first / 256; page <= range.last / 256; ++page) {
    const size_t begin = std::max<size_t>(range.first, page * 256);
    const size_t end = std::min<size_t>(range.last, page * 256 + 255) + 1;
    if (end - begin == 256) {
      const auto [known, is_new] =
          uniform->try_emplace(action, static_cast<uint16_t>(pages_.size()));
      if (is_new) pages_.emplace_back().fill(action);
      page_of_[page] = known->second;
      continue;
    }
    if (page_of_[page] == 0) {
      page_of_[page] = static_cast<uint16_t>(pages_.size());
      pages_.emplace_back().fill(kKeep);
    }
    Page& actions = pages_[page_of_[page]];
    std::fill(
        actions.begin() + static_cast<std::ptrdiff_t>(begin % 256),
        actions.begin() + static_cast<std::ptrdiff_t>((end - 1) % 256) + 1,
        action);
  }
}

void CollationTable::AddAscii() {
  keeps_folded_ascii_ = true;
  for (unsigned char c = 0; c < 128; ++c) {
    const std::string text(1, static_cast<char>(c));
    std::string form;
    if (!Apply(text, &form)) form.clear();
    if (form.size() == 1 && !sequences_.contains(c)) ascii_[c] = form[0];
    const bool upper = c >= 'A' && c <= 'Z';
    if (c >= 0x20 && c < 0x7F && !upper && form != text) {
      keeps_folded_ascii_ = false;
    }
  }
  // A sequence of ASCII alone would show in folded ASCII too; one that begins
  // with ASCII and goes on otherwise does not.
  for (const auto& [head, sequences] : sequences_) {
    for (const CollationRules::Sequence& sequence : sequences) {
      std::string folded = sequence.text;
      if (FoldAscii(&folded)) keeps_folded_ascii_ = false;
    }
  }
}

bool CollationTable::Apply(absl::string_view text, std::string* form) const {
  form->clear();
  if (bytes_) {
    form->assign(text.data(), text.size());
    return true;
  }
  for (size_t i = BeginWithAscii(text, form); i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80 && ascii_[byte] != 0) {
      form->push_back(ascii_[byte]);
      ++i;
    } else if (!ApplyOne(text, &i, form)) {
      return false;
    }
  }
  return true;
}

// Nearly all keys are ASCII to their end; a character at a time, the string's
// own bookkeeping would be most of the work.
size_t CollationTable::BeginWithAscii(absl::string_view text,
                                      std::string* form) const {
  form->resize(text.size());
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x80 || ascii_[byte] == 0) break;
    (*form)[i] = ascii_[byte];
  }
  form->resize(i);
  return i;
}

bool CollationTable::ApplyOne(absl::string_view text, size_t* i,
                              std::string* form) const {
  const absl::string_view rest = text.substr(*i);
  const std::optional<char32_t> c = NextCharacter(text, i);
  if (!c.has_value()) return false;
  if (const auto* sequence = FindSequence(rest, *c); sequence != nullptr) {
    *i = text.size() - rest.size() + sequence->text.size();
    form->append(sequence->form);
    return true;
  }
  const Action action = pages_[page_of_[*c / 256]][*c % 256];
  if (action == kOutside) return false;
  if (action == kKeep) {
    const size_t size = *i - (text.size() - rest.size());
    form->append(rest.data(), size);
  } else {
    form->append(pool_[action - kFirstOffset]);
  }
  return true;
}

const CollationRules::Sequence* CollationTable::FindSequence(
    absl::string_view rest, char32_t head) const {
  const auto found = sequences_.find(head);
  if (found == sequences_.end()) return nullptr;
  for (const CollationRules::Sequence& sequence : found->second) {
    if (absl::StartsWith(rest, sequence.text)) return &sequence;
  }
  return nullptr;
}

}  // namespace postmirror
