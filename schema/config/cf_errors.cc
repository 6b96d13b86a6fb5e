#include "schema/config/cf_errors.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

constexpr size_t kMaxQuotedBytes = 100;

}  // namespace

CfErrors::CfErrors(absl::string_view path) : path_(path) {}

void CfErrors::Add(int line, absl::string_view message) {
  errors_.emplace_back(line, message);
}

std::vector<std::string> CfErrors::Lines() const {
  std::vector<std::pair<int, std::string>> sorted = errors_;
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> lines;
  lines.reserve(sorted.size());
  for (const auto& [line, message] : sorted) {
    lines.push_back(absl::StrCat(path_, ":", line, ": ", message));
  }
  return lines;
}

absl::Status CfErrors::ToStatus() const {
  if (errors_.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrJoin(Lines(), "\n"));
}

std::string Quoted(absl::string_view text) {
  const bool cut = text.size() > kMaxQuotedBytes;
  return absl::StrCat("\"",
                      absl::Utf8SafeCHexEscape(text.substr(0, kMaxQuotedBytes)),
                      cut ? "...\"" : "\"");
}

}  // namespace postmirror
