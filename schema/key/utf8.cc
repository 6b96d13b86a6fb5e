#include "schema/key/utf8.h"

#include <cstdint>
#include <cstring>

namespace postmirror {
namespace {

// The bytes after a lead byte, and the bounds of the first of them: these alone
// keep out overlong forms, surrogates and what is beyond U+10FFFF (RFC 3629,
// 4).
struct Tail {
  size_t length;
  unsigned char first_low = 0x80;
  unsigned char first_high = 0xBF;
};

std::optional<Tail> TailAfter(unsigned char lead) {
  if (lead < 0x80) return Tail{0};
  if (lead >= 0xC2 && lead <= 0xDF) return Tail{1};
  if (lead == 0xE0) return Tail{2, 0xA0};
  if (lead == 0xED) return Tail{2, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF) return Tail{2};
  if (lead == 0xF0) return Tail{3, 0x90};
  if (lead >= 0xF1 && lead <= 0xF3) return Tail{3};
  if (lead == 0xF4) return Tail{3, 0x80, 0x8F};
  return std::nullopt;
}

unsigned char ByteAt(absl::string_view text, size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// How many bytes at the beginning are ASCII. Eight at a time: nearly all keys
// and values are nothing else.
size_t AsciiBytes(absl::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  size_t i = 0;
  for (uint64_t bytes = 0; i + sizeof(bytes) <= text.size();
       i += sizeof(bytes)) {
    std::memcpy(&bytes, text.data() + i, sizeof(bytes));
    if ((bytes & kHighBits) != 0) break;
  }
  while (i < text.size() && ByteAt(text, i) < 0x80) ++i;
  return i;
}

}  // namespace

std::optional<char32_t> NextCharacter(absl::string_view text, size_t* i) {
  const unsigned char lead = ByteAt(text, *i);
  const std::optional<Tail> tail = TailAfter(lead);
  if (!tail.has_value() || tail->length >= text.size() - *i) {
    return std::nullopt;
  }
  constexpr unsigned char kLeadBits[] = {0x7F, 0x1F, 0x0F, 0x07};
  char32_t character = lead & kLeadBits[tail->length];
  for (size_t n = 1; n <= tail->length; ++n) {
    const unsigned char byte = ByteAt(text, *i + n);
    if (byte < (n == 1 ? tail->first_low : 0x80) ||
        byte > (n == 1 ? tail->first_high : 0xBF)) {
      return std::nullopt;
    }
    character = character << 6 | (byte & 0x3F);
  }
  *i += tail->length + 1;
  return character;
}

bool IsUtf8(absl::string_view text) {
  for (size_t i = AsciiBytes(text); i < text.size();) {
    if (!NextCharacter(text, &i).has_value()) return false;
  }
  return true;
}

bool IsAscii(absl::string_view text) { return AsciiBytes(text) == text.size(); }

std::string Utf8Of(char32_t character) {
  const auto byte = [](char32_t value) { return static_cast<char>(value); };
  const auto tail = [&](int shift) {
    return byte(0x80 | ((character >> shift) & 0x3F));
  };
  if (character < 0x80) return {byte(character)};
  if (character < 0x800) return {byte(0xC0 | character >> 6), tail(0)};
  if (character < 0x10000) {
    return {byte(0xE0 | character >> 12), tail(6), tail(0)};
  }
  return {byte(0xF0 | character >> 18), tail(12), tail(6), tail(0)};
}

}  // namespace postmirror
