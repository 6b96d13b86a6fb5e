#include "schema/search/address_list.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/types/span.h"

namespace postmirror {
namespace {

constexpr absl::string_view kWhiteSpace = " \t\r\n";
// Each is a token of its own: RFC 822's specials and Postfix's operators.
constexpr absl::string_view kOperators = "|%!()<>@,;:\\\".[]";
constexpr absl::string_view kEndsAtom = "|%!()<>@,;:\".[] \t\r\n";
// Where one of these is in a domain, it is none.
constexpr absl::string_view kNotInDomain = " |%!()<>@,;:\\\"[]";
constexpr absl::string_view kInLocal = ".@|%!";
constexpr absl::string_view kNotInLiteral = " ()<>@,;\\\"[]";
// Left of `<` these end the display name.
constexpr absl::string_view kEndsPhrase = ">;,:";

bool Holds(absl::string_view set, char c) { return set.find(c) != set.npos; }

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

struct Token {
  enum Kind { kOperator, kAtom, kQuoted, kLiteral };

  bool Is(char c) const { return kind == kOperator && text[0] == c; }

  Kind kind;
  std::string text;  // without quotes, brackets and backslashes
};

using Tokens = absl::Span<const Token>;

// Cuts a value into tokens, leaving comments out.
class Scanner {
 public:
  explicit Scanner(absl::string_view value) : rest_(value) {}

  std::vector<Token> Scan() {
    std::vector<Token> tokens;
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (c == '(') {
        SkipComment();
      } else if (c == '"') {
        tokens.push_back({Token::kQuoted, TakeUntil("\"")});
      } else if (c == '[') {
        tokens.push_back({Token::kLiteral, TakeUntil("]")});
      } else if (c != '\\' && Holds(kOperators, c)) {
        tokens.push_back({Token::kOperator, std::string(1, c)});
        rest_.remove_prefix(1);
      } else if (Holds(kWhiteSpace, c)) {
        rest_.remove_prefix(1);
      } else {
        tokens.push_back({Token::kAtom, Collect(kEndsAtom)});
      }
    }
    return tokens;
  }

 private:
  // Comments nest; the last may lack its end.
  void SkipComment() {
    size_t depth = 0, i = 0;
    do {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '(') {
        ++depth;
      } else if (rest_[i] == ')') {
        --depth;
      }
    } while (++i < rest_.size() && depth > 0);
    rest_.remove_prefix(std::min(i, rest_.size()));
  }

  std::string TakeUntil(absl::string_view end) {
    rest_.remove_prefix(1);
    std::string text = Collect(end);
    if (!rest_.empty()) rest_.remove_prefix(1);
    return text;
  }

  // Up to any of `ends` without a backslash; white space becomes one kind.
  std::string Collect(absl::string_view ends) {
    std::string text;
    while (!rest_.empty() && !Holds(ends, rest_.front())) {
      if (rest_.front() == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) break;
      text.push_back(Holds(kWhiteSpace, rest_.front()) ? ' ' : rest_.front());
      rest_.remove_prefix(1);
    }
    return text;
  }

  absl::string_view rest_;
};

// Groups tokens into addresses, from right to left as tok822_parse(3) does:
// only so are a display name and a group's name known for what they are.
class Grouper {
 public:
  explicit Grouper(Tokens tokens)
      : tokens_(tokens), left_(tokens.size()), end_(tokens.size()) {}

  std::vector<Tokens> Group() {
    while (left_ > 0) Step(tokens_[left_ - 1]);
    Close(0);
    std::reverse(addresses_.begin(), addresses_.end());
    return std::move(addresses_);
  }

 private:
  // `token` is the one before left_.
  void Step(const Token& token) {
    if (token.Is(':') && in_group_) {
      Close(left_);
      SkipTo(",");
      end_ = left_;
      if (left_ > 0) --end_;
      return;
    }
    if (token.Is('>')) {
      StepOverAngles();
      return;
    }
    if (token.kind != Token::kOperator) {
      // Two words beside each other: a comma is missing between them.
      if (!word_is_ok_) Close(left_);
      word_is_ok_ = false;
    } else {
      word_is_ok_ = true;
      if (token.Is(';')) in_group_ = true;
      if (token.Is(';') || token.Is(',')) {
        Close(left_);
        end_ = left_ - 1;
      }
    }
    --left_;
  }

  void StepOverAngles() {
    Close(left_);
    end_ = --left_;
    SkipTo("<");
    Close(left_);
    SkipTo(kEndsPhrase);
    end_ = left_;
    if (left_ > 0) --end_;
    word_is_ok_ = true;
  }

  // Goes left until the token before left_ is one of these.
  void SkipTo(absl::string_view operators) {
    while (left_ > 0 && !(tokens_[left_ - 1].kind == Token::kOperator &&
                          Holds(operators, tokens_[left_ - 1].text[0]))) {
      --left_;
    }
  }

  // Makes an address of the tokens from `begin` to end_, if there are any.
  void Close(size_t begin) {
    if (begin < end_) {
      addresses_.push_back(tokens_.subspan(begin, end_ - begin));
    }
    end_ = std::min(begin, end_);
  }

  Tokens tokens_;
  size_t left_;  // the tokens before it are still to be looked at
  size_t end_;   // of the address that is being gathered
  bool word_is_ok_ = true;
  bool in_group_ = false;
  std::vector<Tokens> addresses_;
};

size_t FindFirst(Tokens tokens, char c) {
  const auto found = std::find_if(tokens.begin(), tokens.end(),
                                  [c](const Token& t) { return t.Is(c); });
  return static_cast<size_t>(found - tokens.begin());
}

size_t FindLast(Tokens tokens, char c) {
  for (size_t i = tokens.size(); i > 0; --i) {
    if (tokens[i - 1].Is(c)) return i - 1;
  }
  return tokens.size();
}

// The source route in front of an address (RFC 822, 6.2.7) is dropped.
Tokens WithoutRoute(Tokens tokens) {
  if (!tokens.front().Is('@')) return tokens;
  const size_t colon = FindFirst(tokens, ':');
  return colon + 1 < tokens.size() ? tokens.subspan(colon + 1) : tokens;
}

// The domain that the tokens are, with its `@`; empty if they are none.
std::string ToDomain(Tokens tokens) {
  const bool is_literal =
      tokens.size() == 1 && tokens[0].kind == Token::kLiteral;
  std::string text;
  for (const Token& token : tokens) {
    const bool is_part = token.kind == Token::kAtom || token.Is('.');
    if (!is_part && !is_literal) return "";
    text += token.text;
  }
  const absl::string_view odd = is_literal ? kNotInLiteral : kNotInDomain;
  const bool is_odd = std::any_of(text.begin(), text.end(), [odd](char c) {
    return Holds(odd, c) || IsControl(c);
  });
  if (text.empty() || is_odd) return "";
  return is_literal ? "@[" + text + "]" : "@" + text;
}

// Two words beside each other, and most operators, come only from a broken
// address in angle brackets, where Postfix puts white space of its own.
bool IsLocal(Tokens tokens) {
  bool follows_word = false;
  for (const Token& token : tokens) {
    const bool is_word =
        token.kind == Token::kAtom || token.kind == Token::kQuoted;
    const bool is_operator = token.kind == Token::kOperator;
    if (is_operator && !Holds(kInLocal, token.text[0])) return false;
    if (token.kind == Token::kLiteral || (is_word && follows_word))
      return false;
    follows_word = is_word;
  }
  // With `@` in front, Postfix looks for a route again.
  return tokens.empty() || !tokens.front().Is('@');
}

bool IsRewritten(const Token& token) { return token.Is('!') || token.Is('%'); }

std::optional<ListedAddress> ToAddress(Tokens tokens) {
  tokens = WithoutRoute(tokens);
  const size_t at = FindLast(tokens, '@');
  const Tokens local = tokens.subspan(0, at);
  if (!IsLocal(local)) return std::nullopt;
  ListedAddress address;
  for (const Token& token : local) address.local += token.text;
  if (at < tokens.size()) {
    address.domain = ToDomain(tokens.subspan(at + 1));
    if (address.domain.empty()) return std::nullopt;
  } else if (address.local.empty() ||
             std::any_of(local.begin(), local.end(), IsRewritten)) {
    return std::nullopt;
  }
  return address;
}

}  // namespace

std::optional<std::vector<ListedAddress>> ParseAddressList(
    absl::string_view value) {
  if (value == "<>") return std::nullopt;  // the null address
  const std::vector<Token> tokens = Scanner(value).Scan();
  std::vector<ListedAddress> addresses;
  for (const Tokens each : Grouper(tokens).Group()) {
    std::optional<ListedAddress> address = ToAddress(each);
    if (!address.has_value()) return std::nullopt;
    addresses.push_back(*std::move(address));
  }
  return addresses;
}

}  // namespace postmirror
