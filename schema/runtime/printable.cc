#include "schema/runtime/printable.h"

#include <cstddef>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

// ISO 6429's, C0 and C1, and DEL.
bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c <= 0x9F); }

}  // namespace

std::string Printable(absl::string_view text) {
  std::string printable;
  for (size_t i = 0; i < text.size();) {
    const size_t start = i;
    const std::optional<char32_t> character = NextCharacter(text, &i);
    if (!character.has_value()) ++i;
    const absl::string_view bytes = text.substr(start, i - start);
    if (character.has_value() && !IsControl(*character)) {
      absl::StrAppend(&printable, bytes);
    } else {
      absl::StrAppend(&printable, absl::CHexEscape(bytes));
    }
  }
  return printable;
}

}  // namespace postmirror
