#include "schema/key/normalization.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/stringoptions.h>
#include <unicode/stringpiece.h>
#include <unicode/utypes.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace postmirror {
namespace {

// Folds what is ASCII in place, and says whether all of it was.
bool FoldAscii(std::string* text) {
  unsigned char seen = 0;
  for (char& c : *text) {
    const auto byte = static_cast<unsigned char>(c);
    seen = static_cast<unsigned char>(seen | byte);
    const bool upper = byte - unsigned{'A'} < 26u;
    c = static_cast<char>(byte | (upper ? 0x20u : 0u));
  }
  return seen < 0x80;
}

// The bytes after a lead byte, and the bounds of the first of them: these alone
// keep out overlong forms, surrogates and what is beyond U+10FFFF (RFC 3629,
// 4).
struct Tail {
  size_t length;
  unsigned char first_low = 0x80;
  unsigned char first_high = 0xBF;
};

bool TailAfter(unsigned char lead, Tail* tail) {
  if (lead < 0x80) {
    *tail = {0};
  } else if (lead >= 0xC2 && lead <= 0xDF) {
    *tail = {1};
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    *tail = {2};
    if (lead == 0xE0) tail->first_low = 0xA0;
    if (lead == 0xED) tail->first_high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    *tail = {3};
    if (lead == 0xF0) tail->first_low = 0x90;
    if (lead == 0xF4) tail->first_high = 0x8F;
  } else {
    return false;
  }
  return true;
}

// Full case folding of valid UTF-8. ICU fails here on no input; should it do
// so, the text stays as FoldAscii leaves it, so that a lookup misses rather
// than meets a foreign row, and the miss of a non-ASCII key is TEMP.
void FoldUnicode(absl::string_view text, std::string* folded) {
  folded->clear();
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(folded);
  icu::CaseMap::utf8Fold(
      U_FOLD_CASE_DEFAULT,
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())), sink,
      nullptr, status);
  if (U_SUCCESS(status)) return;
  folded->assign(text.data(), text.size());
  FoldAscii(folded);
}

// True if all of `key` was ASCII. *valid is FoldKey's answer.
bool Fold(absl::string_view key, bool utf8, std::string* folded, bool* valid) {
  *valid = true;
  folded->assign(key.data(), key.size());
  if (FoldAscii(folded)) return true;
  if (!utf8) return false;
  *valid = key.size() <= INT32_MAX && IsUtf8(key);
  if (*valid) FoldUnicode(key, folded);
  return false;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  for (size_t i = 0; i < text.size();) {
    Tail tail;
    if (!TailAfter(static_cast<unsigned char>(text[i]), &tail)) return false;
    if (tail.length >= text.size() - i) return false;
    for (size_t n = 1; n <= tail.length; ++n) {
      const auto byte = static_cast<unsigned char>(text[i + n]);
      const unsigned char low = n == 1 ? tail.first_low : 0x80;
      const unsigned char high = n == 1 ? tail.first_high : 0xBF;
      if (byte < low || byte > high) return false;
    }
    i += tail.length + 1;
  }
  return true;
}

bool FoldKey(absl::string_view key, bool utf8, std::string* folded) {
  bool valid;
  Fold(key, utf8, folded, &valid);
  return valid;
}

KeyKind Normalization::Normalize(absl::string_view key,
                                 std::string* normalized) const {
  if (key.empty()) return KeyKind::kUnmatchable;
  // Postfix's keys are C strings: it cannot ask for one that holds a NUL.
  if (std::memchr(key.data(), '\0', key.size()) != nullptr) {
    return KeyKind::kUnmatchable;
  }
  bool valid;
  const bool ascii = Fold(key, utf8_, normalized, &valid);
  if (!valid) return KeyKind::kUnmatchable;
  const size_t last = normalized->find_last_not_of(' ');
  if (last == std::string::npos) {
    // One space stands for them all, since LMDB holds no empty key; equal to
    // them in the database, but nowhere in the store, is a row whose key is
    // empty.
    normalized->resize(1);
    return KeyKind::kUncertain;
  }
  normalized->resize(last + 1);
  return ascii ? KeyKind::kExact : KeyKind::kUncertain;
}

}  // namespace postmirror
