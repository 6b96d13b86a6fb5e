#include "schema/search/address.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "absl/strings/match.h"
#include "schema/search/address_list.h"

namespace postmirror {
namespace {

// Where these stand between two addresses, they separate them
// (tok822_parse(3)).
constexpr absl::string_view kWhiteSpace = " \t\r\n";
constexpr absl::string_view kSeparators = " \t\r\n,";
// What an atom cannot hold: RFC 822's specials but for the dot.
constexpr absl::string_view kSpecials = "()<>@,;:\\\"[]";
// Postfix's further operators in an address: UUCP paths, the percent hack, and
// commands. They rewrite an address that has no `@`.
constexpr absl::string_view kOperators = "!%|";

bool Holds(absl::string_view set, char c) { return set.find(c) != set.npos; }

bool HoldsOperator(absl::string_view text) {
  return text.find_first_of(kOperators) != text.npos;
}

// A table, as every character of every address passes here.
constexpr std::array<bool, 256> kAtomCharacters = [] {
  std::array<bool, 256> atoms = {};
  for (size_t byte = 0; byte < atoms.size(); ++byte) {
    const bool control = byte < 0x20 || byte == 0x7F;
    atoms[byte] = !control && byte != ' ' && byte != '.';
  }
  for (const char c : kSpecials) atoms[static_cast<unsigned char>(c)] = false;
  return atoms;
}();

bool IsAtomCharacter(char c) {
  return kAtomCharacters[static_cast<unsigned char>(c)];
}

// Eight-bit characters need no quotes: Postfix leaves them alone.
bool IsDotString(absl::string_view local) {
  if (local.empty() || local.front() == '.' || local.back() == '.')
    return false;
  char previous = 0;
  for (char c : local) {
    if (c == '.' ? previous == '.' : !IsAtomCharacter(c)) return false;
    previous = c;
  }
  return true;
}

bool NeedsBackslash(char c) { return c == '"' || c == '\\' || c == '\r'; }

// Quotes out[start, end), in place and from its end on, so that no second
// buffer is needed.
void QuoteFrom(size_t start, std::string* out) {
  size_t from = out->size();
  const auto escapes =
      std::count_if(out->begin() + static_cast<std::ptrdiff_t>(start),
                    out->end(), NeedsBackslash);
  out->resize(from + static_cast<size_t>(escapes) + 2);
  size_t to = out->size();
  (*out)[--to] = '"';
  while (from > start) {
    const char c = (*out)[--from];
    (*out)[--to] = c;
    if (NeedsBackslash(c)) (*out)[--to] = '\\';
  }
  (*out)[start] = '"';
}

// One address of a value: `local` as it is written, `domain` with its `@`.
struct Address {
  absl::string_view local;
  bool quoted = false;
  absl::string_view domain;
};

// The length of the quoted string that `text` begins with; 0 if it does not
// end.
size_t QuotedLength(absl::string_view text) {
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\' && ++i == text.size()) return 0;
  }
  return 0;
}

// The length of the domain or domain literal that `text` begins with, or 0.
size_t DomainLength(absl::string_view text) {
  const bool literal = !text.empty() && text.front() == '[';
  size_t length = literal ? 1 : 0;
  while (length < text.size() &&
         (IsAtomCharacter(text[length]) || text[length] == '.' ||
          (literal && text[length] == ':'))) {
    if (!literal && Holds(kOperators, text[length])) return 0;
    ++length;
  }
  if (!literal) return length;
  return length < text.size() && text[length] == ']' ? length + 1 : 0;
}

size_t LocalLength(absl::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(), [](char c) {
    return c != '.' && !IsAtomCharacter(c);
  });
  return static_cast<size_t>(end - text.begin());
}

// Takes the address that `*text` begins with off it. False if it is not a plain
// or quoted address.
bool TakeAddress(absl::string_view* text, Address* address) {
  address->quoted = text->front() == '"';
  const size_t local =
      address->quoted ? QuotedLength(*text) : LocalLength(*text);
  if (local == 0) return false;
  address->local = text->substr(0, local);
  text->remove_prefix(local);
  address->domain = absl::string_view();
  if (!text->empty() && text->front() == '@') {
    const size_t domain = DomainLength(text->substr(1));
    if (domain == 0) return false;
    address->domain = text->substr(0, domain + 1);
    text->remove_prefix(domain + 1);
  } else if (address->quoted ? address->local.size() == 2
                             : !IsDotString(address->local) ||
                                   HoldsOperator(address->local)) {
    // Without a domain, an empty local part is the null address.
    return false;
  }
  return text->empty() || Holds(kSeparators, text->front());
}

// White space joins what a dot or an operator stands beside: `a@b. c@d` is one
// address to Postfix. A comma always separates.
bool JoinsBefore(const Address& address) {
  return !address.quoted && (address.local.front() == '.' ||
                             Holds(kOperators, address.local.front()));
}

bool JoinsAfter(const Address& address) {
  return !address.domain.empty() && address.domain.back() == '.';
}

// Drops separators; true if a comma was among them or nothing is left.
bool SkipSeparators(absl::string_view* text) {
  bool comma = false;
  while (!text->empty() && Holds(kSeparators, text->front())) {
    comma = comma || !Holds(kWhiteSpace, text->front());
    text->remove_prefix(1);
  }
  return comma || text->empty();
}

void AppendAddress(const Address& address, absl::string_view extension,
                   std::string* out) {
  const size_t start = out->size();
  if (address.quoted) {
    AppendUnquotedLocal(address.local, out);
  } else {
    out->append(address.local.data(), address.local.size());
  }
  out->append(extension.data(), extension.size());
  // tok822_parse(3) makes all white space in quotes one kind.
  std::replace_if(
      out->begin() + static_cast<std::ptrdiff_t>(start), out->end(),
      [](char c) { return Holds(kWhiteSpace, c); }, ' ');
  const auto local = absl::string_view(*out).substr(start);
  // Without a domain the operators would rewrite the address; in quotes they
  // are text.
  const bool rewritten = address.domain.empty() && HoldsOperator(local);
  if (rewritten || !IsDotString(local)) QuoteFrom(start, out);
  out->append(address.domain.data(), address.domain.size());
}

// The way of most values, which allocates nothing. False, with `*out`
// unspecified, if the value is more than plain or quoted addresses.
bool AppendToPlainAddresses(absl::string_view value,
                            absl::string_view extension, std::string* out) {
  SkipSeparators(&value);
  if (value.empty()) return false;
  bool separated = true;
  for (bool first = true; !value.empty(); first = false) {
    Address address;
    if (!TakeAddress(&value, &address)) return false;
    if (!separated && JoinsBefore(address)) return false;
    separated = SkipSeparators(&value);
    if (!separated && JoinsAfter(address)) return false;
    if (!first) out->push_back(',');
    AppendAddress(address, extension, out);
  }
  return true;
}

}  // namespace

std::optional<size_t> ExtensionStart(absl::string_view local,
                                     const SearchSettings& settings) {
  const absl::string_view delimiters = settings.recipient_delimiter;
  const size_t position = local.find_first_of(delimiters);
  if (position == 0 || position == absl::string_view::npos) return std::nullopt;
  if (absl::EqualsIgnoreCase(local, "postmaster") ||
      absl::EqualsIgnoreCase(local, "mailer-daemon") ||
      absl::EqualsIgnoreCase(local, settings.double_bounce_sender)) {
    return std::nullopt;
  }
  constexpr absl::string_view kRequest = "-request";
  if (settings.owner_request_special && Holds(delimiters, '-') &&
      (absl::StartsWithIgnoreCase(local, "owner-") ||
       (local.size() > kRequest.size() &&
        absl::EndsWithIgnoreCase(local, kRequest)))) {
    return std::nullopt;
  }
  return position;
}

void AppendQuotedLocal(absl::string_view local, std::string* out) {
  const size_t start = out->size();
  out->append(local.data(), local.size());
  if (!IsDotString(local)) QuoteFrom(start, out);
}

void AppendUnquotedLocal(absl::string_view quoted, std::string* out) {
  for (size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] == '"') continue;
    if (quoted[i] == '\\' && ++i == quoted.size()) return;
    out->push_back(quoted[i]);
  }
}

bool AppendWithExtension(absl::string_view value, absl::string_view extension,
                         std::string* out) {
  const size_t start = out->size();
  if (AppendToPlainAddresses(value, extension, out)) return true;
  out->resize(start);
  const auto addresses = ParseAddressList(value);
  if (value.empty() || !addresses.has_value()) return false;
  // Postfix accepts the recipient and misses the address at the end of DATA.
  if (addresses->empty()) out->append(value.data(), value.size());
  for (const ListedAddress& each : *addresses) {
    if (out->size() > start) out->push_back(',');
    AppendAddress({each.local, false, each.domain}, extension, out);
  }
  return true;
}

}  // namespace postmirror
