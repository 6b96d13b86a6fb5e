#include "schema/config/domain_list.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "schema/config/cf_value.h"

namespace postmirror {
namespace {

// What Postfix would take `domain` for if it is no name, and what to do
// instead; empty for a name (match_list(3): "[" starts an address, not a
// table).
absl::string_view Objection(absl::string_view domain) {
  if (absl::StartsWith(domain, "!")) {
    return "is a negation, and only names are compared here, leave it out and "
           "list "
           "the domains that remain";
  }
  if (absl::StartsWith(domain, "/")) {
    return "is a file, which is not read here, write the domains that it holds";
  }
  if (absl::StrContains(domain, ':') && !absl::StartsWith(domain, "[")) {
    return "is a lookup table, which is not asked here, write the domains that "
           "it "
           "holds";
  }
  return "";
}

}  // namespace

std::vector<std::string> ParseDomainList(const CfEntry& entry,
                                         CfErrors* errors) {
  std::vector<std::string> domains;
  for (const auto& [domain, line] : ListElements(entry)) {
    const absl::string_view objection = Objection(domain);
    if (objection.empty()) {
      domains.push_back(absl::AsciiStrToLower(domain));
    } else {
      errors->Add(
          line, absl::StrCat(entry.name, ": ", Quoted(domain), " ", objection));
    }
  }
  return domains;
}

}  // namespace postmirror
