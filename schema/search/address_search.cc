#include "schema/search/address_search.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "schema/key/key_folding.h"
#include "schema/search/address.h"

namespace postmirror {
namespace {

// Foreign text in a reason is cut off here.
constexpr size_t kMaxQuotedBytes = 100;

bool Propagates(const SearchSettings& settings, const Parameter& parameter) {
  if (parameter.search != SearchKind::kAddressWithExtension) return false;
  const auto& words = settings.propagate_unmatched_extensions;
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return absl::string_view(word) == parameter.propagation;
  });
}

// Whether `local` is one quoted string, as quote_822_local(3) writes it.
bool IsQuotedString(absl::string_view local) {
  if (local.size() < 2 || local.front() != '"' || local.back() != '"')
    return false;
  for (size_t i = 1; i + 1 < local.size(); ++i) {
    if (local[i] == '"') return false;
    // The backslash must not be the one before the closing quote.
    if (local[i] == '\\' && ++i + 1 == local.size()) return false;
  }
  return true;
}

bool IsDomainAlone(absl::string_view value) {
  return value.size() > 1 && value.front() == '@' &&
         value.find_first_of("()<>@,;:\\\"[]!%| \t\r\n", 1) ==
             absl::string_view::npos;
}

}  // namespace

// The request that is being answered.
struct AddressSearch::Request {
  size_t map_count;
  MapLookup lookup;
  std::string* value;
  KeyForm form = KeyForm::kBoth;
};

AddressSearch::AddressSearch(const SearchSettings& settings,
                             const Parameter& parameter)
    : settings_(settings),
      parameter_(parameter),
      propagates_(Propagates(settings, parameter)) {
  for (const std::string& domain : settings.local_domains) {
    std::string folded;
    if (FoldKey(domain, settings.smtputf8_enable, &folded)) {
      local_domains_.push_back(std::move(folded));
    }
  }
}

Outcome AddressSearch::Run(absl::string_view key, size_t map_count,
                           MapLookup lookup, std::string* value) {
  Request request{map_count, lookup, value};
  const Outcome outcome = Ask(key, request);
  const size_t at = key.rfind('@');
  if (outcome != Outcome::kNotFound ||
      parameter_.search == SearchKind::kExact ||
      at == absl::string_view::npos) {
    return outcome;
  }
  const absl::string_view local = TakeLocal(key.substr(0, at), &request.form);
  if (request.form == KeyForm::kExternal &&
      parameter_.search == SearchKind::kAddress) {
    request.form = KeyForm::kBoth;
    const Outcome internal = AskInternal(local, key.substr(at), request);
    if (internal != Outcome::kNotFound) return internal;
  }
  return SearchParts(local, key.substr(at), request);
}

Outcome AddressSearch::SearchParts(absl::string_view local,
                                   absl::string_view at_domain,
                                   const Request& request) {
  absl::string_view user = local;
  const std::optional<size_t> split = ExtensionStart(local, settings_);
  if (split.has_value()) {
    user = local.substr(0, *split);
    const Outcome outcome = AskForms(user, at_domain, request);
    if (outcome == Outcome::kFound)
      return Attach(user, local.substr(*split), request);
    if (outcome != Outcome::kNotFound) return outcome;
  }
  if (IsLocalDomain(at_domain.substr(1))) {
    Outcome outcome = AskForms(local, "", request);
    if (outcome != Outcome::kNotFound) return outcome;
    if (split.has_value()) outcome = AskForms(user, "", request);
    if (outcome == Outcome::kFound)
      return Attach(user, local.substr(*split), request);
    if (outcome != Outcome::kNotFound) return outcome;
  }
  // Without a local part the internal form was this one already.
  const bool asked = local.empty() && request.form != KeyForm::kExternal;
  return asked ? Outcome::kNotFound : Ask(at_domain, request);
}

absl::string_view AddressSearch::TakeLocal(absl::string_view local,
                                           KeyForm* form) {
  if (IsQuotedString(local)) {
    *form = KeyForm::kExternal;
    local_.clear();
    AppendUnquotedLocal(local, &local_);
    return local_;
  }
  candidate_.clear();
  AppendQuotedLocal(local, &candidate_);
  *form = absl::string_view(candidate_) == local ? KeyForm::kBoth
                                                 : KeyForm::kInternal;
  return local;
}

bool AddressSearch::IsLocalDomain(absl::string_view domain) {
  if (local_domains_.empty()) return false;
  if (!FoldKey(domain, settings_.smtputf8_enable, &scratch_)) return false;
  return std::find(local_domains_.begin(), local_domains_.end(), scratch_) !=
         local_domains_.end();
}

Outcome AddressSearch::AskForms(absl::string_view local,
                                absl::string_view at_domain,
                                const Request& request) {
  if (request.form != KeyForm::kInternal) {
    candidate_.clear();
    AppendQuotedLocal(local, &candidate_);
    const bool differs = absl::string_view(candidate_) != local;
    candidate_.append(at_domain.data(), at_domain.size());
    const Outcome outcome = Ask(candidate_, request);
    if (outcome != Outcome::kNotFound) return outcome;
    if (request.form == KeyForm::kExternal || !differs) return outcome;
  }
  return AskInternal(local, at_domain, request);
}

Outcome AddressSearch::AskInternal(absl::string_view local,
                                   absl::string_view at_domain,
                                   const Request& request) {
  candidate_.assign(local.data(), local.size());
  candidate_.append(at_domain.data(), at_domain.size());
  return Ask(candidate_, request);
}

Outcome AddressSearch::Ask(absl::string_view key, const Request& request) {
  if (key.empty()) return Outcome::kNotFound;  // maps_find(3)
  for (size_t map = 0; map < request.map_count; ++map) {
    const Outcome outcome = request.lookup(map, key, request.value);
    if (outcome != Outcome::kNotFound) return outcome;
  }
  return Outcome::kNotFound;
}

Outcome AddressSearch::Attach(absl::string_view user,
                              absl::string_view extension,
                              const Request& request) {
  if (parameter_.search != SearchKind::kAddressWithExtension)
    return Outcome::kFound;
  std::string* value = request.value;
  if (!value->empty() && value->front() == '@') {
    // Postfix prepends the local part that it asked for, extension included.
    if (propagates_ && IsDomainAlone(*value)) return Outcome::kFound;
    Prepend(user, value);
  }
  if (!propagates_) return Outcome::kFound;
  scratch_.clear();
  if (AppendWithExtension(*value, extension, &scratch_)) {
    value->swap(scratch_);
    return Outcome::kFound;
  }
  *value = absl::StrCat(
      "extension \"", absl::CHexEscape(extension.substr(0, kMaxQuotedBytes)),
      "\" cannot go into the value \"",
      absl::CHexEscape(absl::string_view(*value).substr(0, kMaxQuotedBytes)),
      "\": it is a null, broken or UUCP address");
  return Outcome::kTemporary;
}

void AddressSearch::Prepend(absl::string_view user, std::string* value) {
  const size_t at = value->rfind('@');
  candidate_.assign(user.data(), user.size());
  candidate_.append(*value, 0, at);
  scratch_.clear();
  AppendQuotedLocal(candidate_, &scratch_);
  scratch_.append(*value, at, std::string::npos);
  value->swap(scratch_);
}

}  // namespace postmirror
