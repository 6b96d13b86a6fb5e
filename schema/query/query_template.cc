#include "schema/query/query_template.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/query/sql_token.h"

namespace postmirror {

bool IsSpecifier(char letter) {
  return letter != '\0' && absl::StrContains("sudSUD123456789", letter);
}

absl::StatusOr<QueryTemplate> ParseQueryTemplate(absl::string_view query) {
  QueryTemplate parsed;
  for (size_t i = 0; i < query.size(); ++i) {
    if (query[i] != '%') {
      parsed.sql += query[i];
      continue;
    }
    const char letter = i + 1 < query.size() ? query[i + 1] : '\0';
    if (letter != '%' && !IsSpecifier(letter)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "a lone % at ", Excerpt(query.substr(i)),
          ", which Postfix refuses too: a percent sign is written %%"));
    }
    if (letter != '%') parsed.specifiers.push_back({letter, parsed.sql.size()});
    parsed.sql += '%';
    if (letter != '%') parsed.sql += letter;
    ++i;
  }
  return parsed;
}

}  // namespace postmirror
