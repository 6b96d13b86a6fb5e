#include "proxy/protocol/netstring.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// Bounds leading zeros, which would otherwise be an endless request.
constexpr size_t kMaxDigits = 20;

}  // namespace

Progress TakeNetstring(size_t max_bytes, absl::string_view* input,
                       absl::string_view* payload) {
  size_t length = 0;
  size_t position = 0;
  for (;; ++position) {
    if (position == input->size()) return Progress::kIncomplete;
    const char c = (*input)[position];
    if (c == ':') break;
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c)))
      return Progress::kBroken;
    if (position == kMaxDigits) return Progress::kBroken;
    length = length * 10 + static_cast<size_t>(c - '0');
    if (length > max_bytes) return Progress::kBroken;
  }
  if (position == 0) return Progress::kBroken;
  ++position;
  if (input->size() - position <= length) return Progress::kIncomplete;
  if ((*input)[position + length] != ',') return Progress::kBroken;
  *payload = input->substr(position, length);
  input->remove_prefix(position + length + 1);
  return Progress::kComplete;
}

void AppendNetstring(absl::string_view status, absl::string_view text,
                     std::string* output) {
  absl::StrAppend(output, status.size() + text.size(), ":", status, text, ",");
}

}  // namespace postmirror
