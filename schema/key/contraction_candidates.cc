#include "schema/key/contraction_candidates.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <cstdlib>
#include <map>
#include <set>

namespace postmirror {
namespace {

using Texts = std::set<icu::UnicodeString>;

constexpr UChar32 kLastCharacter = 0x10FFFF;

bool IsHangulSyllable(UChar32 c) { return c >= 0xAC00 && c <= 0xD7A3; }

UScriptCode ScriptOf(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(c, &status);
}

using Instance = const icu::Normalizer2*(UErrorCode&);

const icu::Normalizer2& Decomposer(Instance instance) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* decomposer = instance(status);
  if (U_FAILURE(status)) std::abort();  // no memory
  return *decomposer;
}

// The beginnings of `text` that have two characters or more.
void AddBeginnings(const icu::UnicodeString& text, Texts* out) {
  for (int32_t end = text.length(); end > 0; end = text.moveIndex32(end, -1)) {
    const icu::UnicodeString beginning(text, 0, end);
    if (beginning.countChar32() >= 2) out->insert(beginning);
  }
}

// What characters decompose into, by one step and by all, and what is written
// with a character that is canonically one of these.
Texts Decompositions() {
  const icu::Normalizer2& nfd = Decomposer(icu::Normalizer2::getNFDInstance);
  const icu::Normalizer2& nfkd = Decomposer(icu::Normalizer2::getNFKDInstance);
  Texts texts;
  std::multimap<UChar32, UChar32> other_codes;
  for (UChar32 c = 0; c <= kLastCharacter; ++c) {
    icu::UnicodeString text;
    if (IsHangulSyllable(c) || !nfkd.getRawDecomposition(c, text)) continue;
    AddBeginnings(text, &texts);
    if (nfkd.getDecomposition(c, text)) AddBeginnings(text, &texts);
    if (nfd.getRawDecomposition(c, text) && text.countChar32() == 1) {
      other_codes.emplace(text.char32At(0), c);
    }
  }
  const Texts plain = texts;
  for (const icu::UnicodeString& text : plain) {
    for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
      const auto [begin, end] = other_codes.equal_range(text.char32At(i));
      for (auto other = begin; other != end; ++other) {
        icu::UnicodeString changed = text;
        changed.replace(i, text.moveIndex32(i, 1) - i, other->second);
        texts.insert(changed);
      }
    }
  }
  return texts;
}

// Vowels that are written before the consonant behind which they are spoken.
void AddVisualOrder(Texts* out) {
  for (UChar32 vowel = 0; vowel <= kLastCharacter; ++vowel) {
    if (!u_hasBinaryProperty(vowel, UCHAR_LOGICAL_ORDER_EXCEPTION)) continue;
    const UScriptCode script = ScriptOf(vowel);
    for (UChar32 letter = vowel - 0x80; letter < vowel + 0x80; ++letter) {
      if (!u_isalpha(letter) || ScriptOf(letter) != script) continue;
      out->insert(icu::UnicodeString(vowel).append(letter));
    }
  }
}

}  // namespace

std::vector<std::string> ContractionCandidates() {
  Texts texts = Decompositions();
  AddVisualOrder(&texts);
  std::set<std::string> candidates;
  for (const icu::UnicodeString& text : texts) {
    std::string utf8;
    candidates.insert(text.toUTF8String(utf8));
  }
  return {candidates.begin(), candidates.end()};
}

}  // namespace postmirror
