#include "proxy/protocol/hex_quote.h"

#include "absl/strings/ascii.h"

namespace postmirror {
namespace {

constexpr char kDigits[] = "0123456789ABCDEF";

bool IsPlain(char c) { return c > ' ' && c <= '~' && c != '%'; }

int DigitValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = absl::ascii_toupper(static_cast<unsigned char>(c));
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

void AppendHexQuoted(absl::string_view raw, std::string* quoted) {
  size_t plain_start = 0;
  for (size_t i = 0; i < raw.size(); ++i) {
    if (IsPlain(raw[i])) continue;
    quoted->append(raw.data() + plain_start, i - plain_start);
    plain_start = i + 1;
    const auto byte = static_cast<unsigned char>(raw[i]);
    quoted->push_back('%');
    quoted->push_back(kDigits[byte >> 4]);
    quoted->push_back(kDigits[byte & 15]);
  }
  quoted->append(raw.data() + plain_start, raw.size() - plain_start);
}

bool HexUnquote(absl::string_view quoted, std::string* raw) {
  raw->clear();
  for (;;) {
    const size_t percent = quoted.find('%');
    if (percent == absl::string_view::npos) {
      raw->append(quoted.data(), quoted.size());
      return true;
    }
    if (quoted.size() - percent < 3) return false;
    const int high = DigitValue(quoted[percent + 1]);
    const int low = DigitValue(quoted[percent + 2]);
    if (high < 0 || low < 0) return false;
    raw->append(quoted.data(), percent);
    raw->push_back(static_cast<char>(high * 16 + low));
    quoted.remove_prefix(percent + 3);
  }
}

}  // namespace postmirror
