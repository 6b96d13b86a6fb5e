#include "schema/key/key_folding.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/stringoptions.h>
#include <unicode/stringpiece.h>
#include <unicode/utypes.h>

#include <cstdint>
#include <cstdlib>

#include "schema/key/utf8.h"

namespace postmirror {
bool FoldAscii(std::string* text) {
  bool printable = true;
  for (char& c : *text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool upper = byte - unsigned{'A'} < 26u;
    printable &= byte - 0x20u < 0x5Fu;
    c = static_cast<char>(byte | (upper ? 0x20u : 0u));
  }
  return printable;
}

bool FoldKey(absl::string_view key, bool utf8, std::string* folded) {
  folded->assign(key.data(), key.size());
  if (FoldAscii(folded) || !utf8 || IsAscii(key)) return true;
  if (key.size() > INT32_MAX || !IsUtf8(key)) return false;
  folded->clear();
  UErrorCode status = U_ZERO_ERROR;
  icu::StringByteSink<std::string> sink(folded);
  icu::CaseMap::utf8Fold(
      U_FOLD_CASE_DEFAULT,
      icu::StringPiece(key.data(), static_cast<int32_t>(key.size())), sink,
      nullptr, status);
  // It fails where there is no memory, and so do we elsewhere. To go on would
  // be to ask for another key.
  if (U_FAILURE(status)) std::abort();
  return true;
}

}  // namespace postmirror
