#include "schema/config/parameter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postmirror {
namespace {

using ::testing::UnorderedElementsAre;

std::vector<std::string> Names(SearchKind search,
                               absl::string_view propagation) {
  std::vector<std::string> names;
  for (const Parameter& parameter : Parameters()) {
    if (parameter.search == search && parameter.propagation == propagation) {
      names.emplace_back(parameter.name);
    }
  }
  return names;
}

TEST(ParameterTest, DomainsAreExact) {
  EXPECT_THAT(
      Names(SearchKind::kExact, ""),
      UnorderedElementsAre("virtual_mailbox_domains", "virtual_alias_domains"));
}

TEST(ParameterTest, MailboxesAndLoginsAreSearchedByAddress) {
  EXPECT_THAT(
      Names(SearchKind::kAddress, ""),
      UnorderedElementsAre("virtual_mailbox_maps", "relay_recipient_maps",
                           "smtpd_sender_login_maps"));
}

TEST(ParameterTest, AliasesKeepTheExtensionAsVirtual) {
  EXPECT_THAT(Names(SearchKind::kAddressWithExtension, "virtual"),
              UnorderedElementsAre("virtual_alias_maps"));
}

TEST(ParameterTest, CanonicalMapsKeepTheExtensionAsCanonical) {
  EXPECT_THAT(Names(SearchKind::kAddressWithExtension, "canonical"),
              UnorderedElementsAre("canonical_maps", "sender_canonical_maps",
                                   "recipient_canonical_maps"));
}

TEST(ParameterTest, ThereAreNine) { EXPECT_EQ(Parameters().size(), 9u); }

TEST(ParameterTest, IsFoundByItsName) {
  for (const Parameter& parameter : Parameters()) {
    EXPECT_EQ(FindParameter(parameter.name), &parameter);
  }
  EXPECT_EQ(FindParameter("transport_maps"), nullptr);
  EXPECT_EQ(FindParameter(""), nullptr);
}

}  // namespace
}  // namespace postmirror
