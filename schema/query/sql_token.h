// The tokens of one SQL text, cut as MariaDB's lexer cuts them under the
// default sql_mode: backslash escapes in strings, "..." is a string. Comments
// are white space. Any thread; the tokens are views into the text, which must
// outlive them.
#ifndef POSTMIRROR_SCHEMA_QUERY_SQL_TOKEN_H_
#define POSTMIRROR_SCHEMA_QUERY_SQL_TOKEN_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

struct SqlToken {
  enum class Kind {
    kWord,        // a keyword or an unquoted name
    kQuotedName,  // `...`
    kString,      // '...' or "..."
    kNumber,
    kOperator,  // also punctuation: ( ) , . ; ? @
  };

  Kind kind;
  absl::string_view text;  // as written, with its quotes

  friend bool operator==(const SqlToken&, const SqlToken&) = default;

  // Whether this is the keyword or unquoted name `word`, in any case.
  bool IsWord(absl::string_view word) const;
  bool IsOperator(absl::string_view op) const;
  // Whether this can name a table or a column.
  bool IsName() const;
};

using SqlTokens = std::span<const SqlToken>;

// Fails with kInvalidArgument on what no valid query holds (an open quote or
// comment, a stray byte), on executable comments (/*! and /*M!), whose meaning
// depends on the server, and on parentheses that do not match.
absl::StatusOr<std::vector<SqlToken>> TokenizeSql(absl::string_view sql);

// A name without its backquotes. REQUIRES: token.IsName()
std::string UnquotedName(const SqlToken& token);

// `name` in backquotes.
std::string QuotedName(absl::string_view name);

// The text from the first token to the last, as written; empty for none.
// REQUIRES: neighbours in one text.
absl::string_view SourceText(SqlTokens tokens);

// Whether `tokens` break off behind an operator. No valid expression does, and
// a minus at its end could make a comment of what is put behind it.
bool EndsInOperator(SqlTokens tokens);

// Whether tokens[i] is the keyword `word`: unquoted, and not a column behind a
// dot, where every keyword is an ordinary name. False if there is no tokens[i].
bool IsKeyword(SqlTokens tokens, size_t i, absl::string_view word);
bool IsAnyKeyword(SqlTokens tokens, size_t i,
                  std::span<const absl::string_view> words);

// The index of the ")" that closes the "(" at `open`.
// REQUIRES: tokens[open] is "(", and its partner is among `tokens`.
size_t ClosingParenthesis(SqlTokens tokens, size_t open);

// The index of the first keyword `word` outside of parentheses; tokens.size()
// if there is none.
size_t FindAtTopLevel(SqlTokens tokens, absl::string_view word);

// `tokens` cut at the commas outside of parentheses; an empty part where
// nothing stands between two of them.
std::vector<SqlTokens> SplitAtCommas(SqlTokens tokens);

// `text` in double quotes, on one line and bounded, for a message.
std::string Excerpt(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_SQL_TOKEN_H_
