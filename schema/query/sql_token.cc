#include "schema/query/sql_token.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace postmirror {
namespace {

using Kind = SqlToken::Kind;

constexpr size_t kMaxExcerpt = 60;

}  // namespace

bool SqlToken::IsWord(absl::string_view word) const {
  return kind == Kind::kWord && absl::EqualsIgnoreCase(text, word);
}

bool SqlToken::IsOperator(absl::string_view op) const {
  return kind == Kind::kOperator && text == op;
}

bool SqlToken::IsName() const {
  return kind == Kind::kWord || kind == Kind::kQuotedName;
}

std::string UnquotedName(const SqlToken& token) {
  if (token.kind != Kind::kQuotedName) return std::string(token.text);
  return absl::StrReplaceAll(token.text.substr(1, token.text.size() - 2),
                             {{"``", "`"}});
}

std::string QuotedName(absl::string_view name) {
  return absl::StrCat("`", absl::StrReplaceAll(name, {{"`", "``"}}), "`");
}

absl::string_view SourceText(SqlTokens tokens) {
  if (tokens.empty()) return "";
  const char* begin = tokens.front().text.data();
  const char* end = tokens.back().text.data() + tokens.back().text.size();
  return absl::string_view(begin, static_cast<size_t>(end - begin));
}

bool EndsInOperator(SqlTokens tokens) {
  if (tokens.empty() || tokens.back().kind != Kind::kOperator) return false;
  return !tokens.back().IsOperator(")") && !tokens.back().IsOperator("*");
}

bool IsKeyword(SqlTokens tokens, size_t i, absl::string_view word) {
  return i < tokens.size() && tokens[i].IsWord(word) &&
         (i == 0 || !tokens[i - 1].IsOperator("."));
}

bool IsAnyKeyword(SqlTokens tokens, size_t i,
                  std::span<const absl::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](absl::string_view word) {
    return IsKeyword(tokens, i, word);
  });
}

size_t ClosingParenthesis(SqlTokens tokens, size_t open) {
  size_t depth = 0;
  size_t i = open;
  for (; i < tokens.size(); ++i) {
    if (tokens[i].IsOperator("(")) ++depth;
    if (tokens[i].IsOperator(")") && --depth == 0) break;
  }
  return i;
}

size_t FindAtTopLevel(SqlTokens tokens, absl::string_view word) {
  size_t i = 0;
  for (; i < tokens.size() && !IsKeyword(tokens, i, word); ++i) {
    if (tokens[i].IsOperator("(")) i = ClosingParenthesis(tokens, i);
  }
  return i;
}

std::vector<SqlTokens> SplitAtCommas(SqlTokens tokens) {
  std::vector<SqlTokens> parts;
  size_t begin = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].IsOperator("(")) {
      i = ClosingParenthesis(tokens, i);
    } else if (tokens[i].IsOperator(",")) {
      parts.push_back(tokens.subspan(begin, i - begin));
      begin = i + 1;
    }
  }
  parts.push_back(tokens.subspan(begin));
  return parts;
}

std::string Excerpt(absl::string_view text) {
  const bool cut = text.size() > kMaxExcerpt;
  std::string line(text.substr(0, kMaxExcerpt));
  for (char& c : line) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return absl::StrCat("\"", line, cut ? "...\"" : "\"");
}

}  // namespace postmirror
