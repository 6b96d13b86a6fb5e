// TokenizeSql.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/query/sql_token.h"

namespace postmirror {
namespace {

using Kind = SqlToken::Kind;

// Longest first, so that "<=>" is not taken for "<=". ":=" and the JSON arrows
// of other servers are known in order to be refused as a whole.
constexpr absl::string_view kLongOperators[] = {
    "<=>", "->>", "->", ":=", "&&", "||", "<=", ">=", "<>", "!=", "<<", ">>"};
constexpr absl::string_view kShortOperators = "()+-*/%,.;=<>!&|^~?@";

// Every byte from 0x80 on may stand in an unquoted name.
bool IsNameByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsSpace(char c) {
  return absl::ascii_isspace(static_cast<unsigned char>(c));
}

bool IsHexNumber(absl::string_view run) {
  if (run.size() < 3 || run[0] != '0' || (run[1] != 'x' && run[1] != 'b'))
    return false;
  return std::all_of(run.begin() + 2, run.end(), [&run](char c) {
    return run[1] == 'x' ? absl::ascii_isxdigit(static_cast<unsigned char>(c))
                         : c == '0' || c == '1';
  });
}

class Tokenizer {
 public:
  explicit Tokenizer(absl::string_view sql) : sql_(sql) {}

  absl::StatusOr<std::vector<SqlToken>> Run() {
    for (;;) {
      if (absl::Status status = SkipSpaceAndComments(); !status.ok())
        return status;
      if (at_ == sql_.size()) break;
      if (absl::Status status = Take(); !status.ok()) return status;
    }
    if (absl::Status status = CheckParentheses(); !status.ok()) return status;
    return std::move(tokens_);
  }

 private:
  absl::string_view Rest() const { return sql_.substr(at_); }
  char Peek(size_t ahead) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }

  absl::Status Refuse(absl::string_view why) const {
    return absl::InvalidArgumentError(
        absl::StrCat(why, " at ", Excerpt(Rest())));
  }

  // MariaDB takes "--" for a comment only before white space, a control
  // character or the end: 5--3 is 8.
  bool AtLineComment() const {
    if (Peek(0) == '#') return true;
    return absl::StartsWith(Rest(), "--") &&
           (absl::ascii_iscntrl(static_cast<unsigned char>(Peek(2))) ||
            Peek(2) == ' ');
  }

  absl::Status SkipSpaceAndComments() {
    while (at_ < sql_.size()) {
      if (IsSpace(sql_[at_])) {
        ++at_;
      } else if (AtLineComment()) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (absl::StartsWith(Rest(), "/*")) {
        if (Peek(2) == '!' || absl::StartsWith(Rest(), "/*M!")) {
          return Refuse("an executable comment, which only some servers obey,");
        }
        const size_t close = sql_.find("*/", at_ + 2);
        if (close == absl::string_view::npos)
          return Refuse("a comment without an end");
        at_ = close + 2;
      } else {
        break;
      }
    }
    return absl::OkStatus();
  }

  void Add(Kind kind, size_t size) {
    tokens_.push_back({kind, sql_.substr(at_, size)});
    at_ += size;
  }

  absl::Status Take() {
    const char c = sql_[at_];
    if (c == '\'' || c == '"')
      return TakeQuoted(Kind::kString, /*backslash=*/true);
    if (c == '`') return TakeQuoted(Kind::kQuotedName, /*backslash=*/false);
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)) && !BehindName())) {
      TakeNumberOrWord();
      return absl::OkStatus();
    }
    if (IsNameByte(c)) {
      Add(Kind::kWord, NameRun(at_));
      return absl::OkStatus();
    }
    return TakeOperator();
  }

  absl::Status TakeOperator() {
    for (absl::string_view op : kLongOperators) {
      if (absl::StartsWith(Rest(), op)) {
        Add(Kind::kOperator, op.size());
        return absl::OkStatus();
      }
    }
    if (sql_[at_] == '\0' || !absl::StrContains(kShortOperators, sql_[at_])) {
      return Refuse("a character that does not belong into a query");
    }
    Add(Kind::kOperator, 1);
    return absl::OkStatus();
  }

  absl::Status TakeQuoted(Kind kind, bool backslash) {
    const char quote = sql_[at_];
    for (size_t i = at_ + 1; i < sql_.size(); ++i) {
      if (backslash && sql_[i] == '\\') {
        ++i;
      } else if (sql_[i] == quote) {
        if (i + 1 < sql_.size() && sql_[i + 1] == quote) {
          ++i;
        } else {
          Add(kind, i + 1 - at_);
          return absl::OkStatus();
        }
      }
    }
    return Refuse("a quote without an end");
  }

  // The length of the run of name bytes from `from` on.
  size_t NameRun(size_t from) const {
    size_t end = from;
    while (end < sql_.size() && IsNameByte(sql_[end])) ++end;
    return end - from;
  }

  // Whether the token before ends right here and can be the left side of a dot:
  // in `t.5x` the dot is not that of a number.
  bool BehindName() const {
    if (tokens_.empty() || !tokens_.back().IsName()) return false;
    return tokens_.back().text.data() + tokens_.back().text.size() ==
           sql_.data() + at_;
  }

  void TakeNumberOrWord() {
    const bool behind_dot = !tokens_.empty() && tokens_.back().IsOperator(".");
    const absl::string_view run = sql_.substr(at_, NameRun(at_));
    if (behind_dot) return Add(Kind::kWord, run.size());
    if (IsHexNumber(run)) return Add(Kind::kNumber, run.size());
    size_t size = 0;
    while (IsDigit(Peek(size))) ++size;
    if (Peek(size) == '.') {
      ++size;
      while (IsDigit(Peek(size))) ++size;
    }
    size += Exponent(size);
    // What is more than a number is a name: names may begin with a digit.
    if (run.size() > size) return Add(Kind::kWord, run.size());
    Add(Kind::kNumber, size);
  }

  // The length of an exponent that begins `ahead` of here, 0 if there is none.
  size_t Exponent(size_t ahead) const {
    if (Peek(ahead) != 'e' && Peek(ahead) != 'E') return 0;
    const size_t sign =
        Peek(ahead + 1) == '+' || Peek(ahead + 1) == '-' ? 1 : 0;
    size_t digits = 0;
    while (IsDigit(Peek(ahead + 1 + sign + digits))) ++digits;
    return digits == 0 ? 0 : 1 + sign + digits;
  }

  absl::Status CheckParentheses() const {
    size_t open = 0;
    for (const SqlToken& token : tokens_) {
      if (token.IsOperator("(")) ++open;
      if (token.IsOperator(")") && open-- == 0) {
        return absl::InvalidArgumentError("a \")\" without its \"(\"");
      }
    }
    if (open > 0)
      return absl::InvalidArgumentError("a \"(\" without its \")\"");
    return absl::OkStatus();
  }

  absl::string_view sql_;
  size_t at_ = 0;
  std::vector<SqlToken> tokens_;
};

}  // namespace

absl::StatusOr<std::vector<SqlToken>> TokenizeSql(absl::string_view sql) {
  return Tokenizer(sql).Run();
}

}  // namespace postmirror
