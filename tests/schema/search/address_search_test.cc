#include "schema/search/address_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/schema/search/fake_maps.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSubsetOf;

class AddressSearchTest : public testing::Test {
 protected:
  // All keys that one empty map is asked for.
  std::vector<std::string> Asked(absl::string_view parameter,
                                 absl::string_view key) {
    FakeMaps maps{{}};
    EXPECT_EQ(fixture_.Run(parameter, key, &maps), "NOTFOUND");
    return maps.asked();
  }

  std::vector<std::string> Asked(absl::string_view key) {
    return Asked("virtual_mailbox_maps", key);
  }

  std::vector<std::string> AskedByCleanup(absl::string_view key) {
    return Asked("virtual_alias_maps", key);
  }

  std::string Find(absl::string_view key, FakeMaps::Rows rows) {
    FakeMaps maps{std::move(rows)};
    return fixture_.Run("virtual_mailbox_maps", key, &maps);
  }

  SearchFixture fixture_;
};

TEST_F(AddressSearchTest, AsksFullThenWithoutExtensionThenAtDomain) {
  for (absl::string_view parameter :
       {"virtual_mailbox_maps", "relay_recipient_maps",
        "smtpd_sender_login_maps", "virtual_alias_maps", "canonical_maps",
        "sender_canonical_maps", "recipient_canonical_maps"}) {
    EXPECT_THAT(
        Asked(parameter, "user+ext@example.org"),
        ElementsAre("user+ext@example.org", "user@example.org", "@example.org"))
        << parameter;
  }
}

TEST_F(AddressSearchTest, AsksAnAddressWithoutExtensionForItselfAndAtDomain) {
  EXPECT_THAT(Asked("user@example.org"),
              ElementsAre("user@example.org", "@example.org"));
}

TEST_F(AddressSearchTest, DomainParametersAreAskedForTheExactKeyOnly) {
  EXPECT_THAT(Asked("virtual_mailbox_domains", "sub.example.org"),
              ElementsAre("sub.example.org"));
  EXPECT_THAT(Asked("virtual_alias_domains", "user+ext@example.org"),
              ElementsAre("user+ext@example.org"));
}

TEST_F(AddressSearchTest, AKeyWithoutAtIsExact) {
  EXPECT_THAT(Asked("virtual_alias_maps", "a+b.example.org"),
              ElementsAre("a+b.example.org"));
  EXPECT_THAT(Asked(R"("a b+x")"), ElementsAre(R"("a b+x")"));
}

TEST_F(AddressSearchTest, AnEmptyKeyIsNotFoundWithoutALookup) {
  EXPECT_THAT(Asked(""), IsEmpty());
}

TEST_F(AddressSearchTest, KeysKeepTheirCase) {
  EXPECT_THAT(
      Asked("User+Ext@Example.ORG"),
      ElementsAre("User+Ext@Example.ORG", "User@Example.ORG", "@Example.ORG"));
}

TEST_F(AddressSearchTest, PostmasterWithExtensionSplitsToPostmaster) {
  EXPECT_THAT(Asked("postmaster+x@d"),
              ElementsAre("postmaster+x@d", "postmaster@d", "@d"));
}

TEST_F(AddressSearchTest, ALeadingDelimiterDoesNotSplit) {
  EXPECT_THAT(Asked("+x@d"), ElementsAre("+x@d", "@d"));
}

TEST_F(AddressSearchTest, StripsAtTheFirstDelimiter) {
  EXPECT_THAT(Asked("user+a+b@d"), ElementsAre("user+a+b@d", "user@d", "@d"));
}

TEST_F(AddressSearchTest, AnEmptyExtensionIsStripped) {
  EXPECT_THAT(Asked("user+@d"), ElementsAre("user+@d", "user@d", "@d"));
}

TEST_F(AddressSearchTest, SeveralDelimitersSplitAtTheFirstOfAny) {
  fixture_.settings.recipient_delimiter = "+-";
  EXPECT_THAT(Asked("user-a+b@d"), ElementsAre("user-a+b@d", "user@d", "@d"));
}

TEST_F(AddressSearchTest, OwnerAndRequestAreAskedWhole) {
  fixture_.settings.recipient_delimiter = "-";
  EXPECT_THAT(Asked("owner-list@d"), ElementsAre("owner-list@d", "@d"));
  EXPECT_THAT(Asked("list-request@d"), ElementsAre("list-request@d", "@d"));
  EXPECT_THAT(Asked("double-bounce@d"), ElementsAre("double-bounce@d", "@d"));
}

TEST_F(AddressSearchTest, WithoutADelimiterNothingIsStripped) {
  fixture_.settings.recipient_delimiter = "";
  EXPECT_THAT(Asked("user+ext@d"), ElementsAre("user+ext@d", "@d"));
}

TEST_F(AddressSearchTest, ALocalDomainIsAskedForTheLocalPartBeforeAtDomain) {
  fixture_.settings.local_domains = {"localhost.test.invalid"};
  EXPECT_THAT(
      Asked("loc+e@localhost.test.invalid"),
      ElementsAre("loc+e@localhost.test.invalid", "loc@localhost.test.invalid",
                  "loc+e", "loc", "@localhost.test.invalid"));
  EXPECT_THAT(Asked("loc@other.invalid"),
              ElementsAre("loc@other.invalid", "@other.invalid"));
}

TEST_F(AddressSearchTest, ADomainLiteralCanBeALocalDomain) {
  fixture_.settings.local_domains = {"[127.0.0.1]"};
  EXPECT_THAT(Asked("user@[127.0.0.1]"),
              ElementsAre("user@[127.0.0.1]", "user", "@[127.0.0.1]"));
}

TEST_F(AddressSearchTest, LocalDomainsAreComparedFolded) {
  fixture_.settings.local_domains = {"Example.ORG", "\u00C9.org"};
  EXPECT_THAT(Asked("user@eXample.org"),
              ElementsAre("user@eXample.org", "user", "@eXample.org"));
  EXPECT_THAT(Asked("user@\u00E9.ORG"),
              ElementsAre("user@\u00E9.ORG", "user", "@\u00E9.ORG"));
}

TEST_F(AddressSearchTest, CleanupsQuotedLocalPartIsAskedInExternalFormOnly) {
  EXPECT_THAT(AskedByCleanup(R"("a b"@d)"), ElementsAre(R"("a b"@d)", "@d"));
  EXPECT_THAT(AskedByCleanup(R"("a b+x"@d)"),
              ElementsAre(R"("a b+x"@d)", R"("a b"@d)", "@d"));
}

TEST_F(AddressSearchTest, ABareQuotedLocalPartIsQuotedOnlyWhereNeeded) {
  EXPECT_THAT(AskedByCleanup(R"("a+b c"@d)"),
              ElementsAre(R"("a+b c"@d)", "a@d", "@d"));
  EXPECT_THAT(AskedByCleanup(R"("a\"b+x\\"@d)"),
              ElementsAre(R"("a\"b+x\\"@d)", R"("a\"b"@d)", "@d"));
  EXPECT_THAT(AskedByCleanup(R"("a@b+x"@d)"),
              ElementsAre(R"("a@b+x"@d)", R"("a@b"@d)", "@d"));
}

TEST_F(AddressSearchTest, TheLocalPartAloneIsInExternalFormToo) {
  fixture_.settings.local_domains = {"d"};
  EXPECT_THAT(AskedByCleanup(R"("a b+x"@d)"),
              ElementsAre(R"("a b+x"@d)", R"("a b"@d)", R"("a b+x")",
                          R"("a b")", "@d"));
}

TEST_F(AddressSearchTest, SmtpdsQuotedLocalPartIsAskedInBothFormsAtEachStep) {
  fixture_.settings.local_domains = {"d"};
  for (absl::string_view parameter :
       {"virtual_mailbox_maps", "relay_recipient_maps",
        "smtpd_sender_login_maps"}) {
    EXPECT_THAT(Asked(parameter, R"("a b+x"@d)"),
                ElementsAre(R"("a b+x"@d)", "a b+x@d", R"("a b"@d)", "a b@d",
                            R"("a b+x")", "a b+x", R"("a b")", "a b", "@d"))
        << parameter;
  }
  EXPECT_THAT(Asked(R"("a b"@other)"),
              ElementsAre(R"("a b"@other)", "a b@other", "@other"));
}

TEST_F(AddressSearchTest, AnInternalRowWinsOverTheCatchAllForSmtpd) {
  FakeMaps maps{{{"a b@d", "alice"}, {"@d", "boss"}}};
  EXPECT_EQ(fixture_.Run("smtpd_sender_login_maps", R"("a b"@d)", &maps),
            "alice");
  EXPECT_EQ(fixture_.Run("smtpd_sender_login_maps", R"("a b+x"@d)", &maps),
            "alice");
  EXPECT_EQ(fixture_.Run("virtual_alias_maps", R"("a b"@d)", &maps), "boss");
}

TEST_F(AddressSearchTest, SmtpdsSecondRequestAsksForNothingNew) {
  // Postfix sends the internal form where the external one was not found.
  fixture_.settings.local_domains = {"d"};
  const std::vector<std::string> first = Asked(R"("a b+x"@d)");
  EXPECT_THAT(Asked("a b+x@d"), IsSubsetOf(first));
}

TEST_F(AddressSearchTest, ATemporaryOutcomeOfTheInternalFormEndsTheSearch) {
  FakeMaps maps{{{"@d", "boss"}}};
  maps.Break(0, "a b@d");
  EXPECT_EQ(fixture_.Run("smtpd_sender_login_maps", R"("a b"@d)", &maps),
            "TEMP");
}

TEST_F(AddressSearchTest, AKeyInInternalFormStaysInternal) {
  fixture_.settings.local_domains = {"d"};
  EXPECT_THAT(Asked("a b+x@d"),
              ElementsAre("a b+x@d", "a b@d", "a b+x", "a b", "@d"));
  EXPECT_THAT(Asked("a@b+x@d"),
              ElementsAre("a@b+x@d", "a@b@d", "a@b+x", "a@b", "@d"));
}

TEST_F(AddressSearchTest, OddQuotesAreInternalForm) {
  EXPECT_THAT(Asked(R"("a+x@d)"), ElementsAre(R"("a+x@d)", R"("a@d)", "@d"));
  EXPECT_THAT(Asked(R"("a"b+x"@d)"),
              ElementsAre(R"("a"b+x"@d)", R"("a"b@d)", "@d"));
  EXPECT_THAT(Asked(R"("a+x\"@d)"),
              ElementsAre(R"("a+x\"@d)", R"("a@d)", "@d"));
}

TEST_F(AddressSearchTest, APlainKeyIsBothFormsWhereItsBareFormNeedsQuotes) {
  // smtpd asks a mysql: map for both, and misses no mailbox of either spelling.
  EXPECT_THAT(Asked("a.+x@d"),
              ElementsAre("a.+x@d", R"("a."@d)", "a.@d", "@d"));
}

TEST_F(AddressSearchTest, AnAtDomainKeyIsAskedOnce) {
  fixture_.settings.local_domains = {"d"};
  EXPECT_THAT(Asked("@d"), ElementsAre("@d"));
}

TEST_F(AddressSearchTest, AnEmptyQuotedLocalPartReachesTheCatchAll) {
  EXPECT_THAT(Asked(R"(""@d)"), ElementsAre(R"(""@d)", "@d"));
  EXPECT_EQ(Find(R"(""@d)", {{"@d", "all"}}), "all");
}

TEST_F(AddressSearchTest, TheMostSpecificFormWins) {
  EXPECT_EQ(Find("u+x@d", {{"u+x@d", "full"}, {"u@d", "bare"}, {"@d", "all"}}),
            "full");
  EXPECT_EQ(Find("u+x@d", {{"u@d", "bare"}, {"@d", "all"}}), "bare");
  EXPECT_EQ(Find("u+x@d", {{"@d", "all"}}), "all");
}

TEST_F(AddressSearchTest, ACatchAllAnswersUnknownUsersOfItsDomainOnly) {
  EXPECT_EQ(Find("unknown@d", {{"@d", "all"}}), "all");
  EXPECT_EQ(Find("unknown@sub.d", {{"@d", "all"}}), "NOTFOUND");
}

TEST_F(AddressSearchTest, AddressParametersGiveTheValueAsItIs) {
  EXPECT_EQ(Find("u+x@d", {{"u@d", "@other (odd) <v>"}}), "@other (odd) <v>");
}

TEST_F(AddressSearchTest, KeyFormIsTheOuterLoopAndMapTheInner) {
  FakeMaps maps{{}, {}};
  EXPECT_EQ(fixture_.Run("virtual_alias_maps", "u+x@d", &maps), "NOTFOUND");
  EXPECT_THAT(maps.asked(), ElementsAre("0 u+x@d", "1 u+x@d", "0 u@d", "1 u@d",
                                        "0 @d", "1 @d"));
}

TEST_F(AddressSearchTest, ALaterMapWinsWithAMoreSpecificForm) {
  // As with ISPmail's email2email map, which shields mailboxes from catch-alls.
  FakeMaps maps{{{"@d", "all@d"}}, {{"u@d", "u@d"}}};
  EXPECT_EQ(fixture_.Run("virtual_alias_maps", "u@d", &maps), "u@d");
}

TEST_F(AddressSearchTest, TheFirstMapWinsWithTheSameForm) {
  FakeMaps maps{{{"u@d", "first@d"}}, {{"u@d", "second@d"}}};
  EXPECT_EQ(fixture_.Run("virtual_alias_maps", "u@d", &maps), "first@d");
  EXPECT_THAT(maps.asked(), ElementsAre("0 u@d"));
}

TEST_F(AddressSearchTest, TheFirstTemporaryOutcomeEndsTheSearch) {
  fixture_.settings.local_domains = {"d"};
  const std::vector<std::string> forms = {"u+x@d", "u@d", "u+x", "u", "@d"};
  for (size_t form = 0; form < forms.size(); ++form) {
    for (size_t map = 0; map < 2; ++map) {
      for (absl::string_view parameter :
           {"virtual_mailbox_maps", "virtual_alias_maps"}) {
        FakeMaps maps{{}, {}};
        maps.Break(map, forms[form]);
        EXPECT_EQ(fixture_.Run(parameter, "u+x@d", &maps), "TEMP");
        EXPECT_EQ(fixture_.reason(), "broken");
        EXPECT_EQ(maps.asked().size(), 2 * form + map + 1) << forms[form];
      }
    }
  }
}

TEST_F(AddressSearchTest, ATemporaryOutcomeInEitherFormEndsTheSearch) {
  for (absl::string_view form : {R"("a."@d)", "a.@d"}) {
    FakeMaps maps{{{"@d", "all@d"}}};
    maps.Break(0, form);
    EXPECT_EQ(fixture_.Run("virtual_alias_maps", "a.+x@d", &maps), "TEMP");
    EXPECT_EQ(maps.asked().back(), form);
  }
}

TEST_F(AddressSearchTest, ATemporaryOutcomeOfAnExactKeyIsTemporary) {
  FakeMaps maps{{}, {{"d", "1"}}};
  maps.Break(0, "d");
  EXPECT_EQ(fixture_.Run("virtual_mailbox_domains", "d", &maps), "TEMP");
  EXPECT_THAT(maps.asked(), ElementsAre("0 d"));
}

TEST_F(AddressSearchTest, AMatchBeforeATemporaryMapIsFound) {
  FakeMaps maps{{{"u@d", "v@d"}}, {}};
  maps.Break(1, "u@d");
  EXPECT_EQ(fixture_.Run("virtual_alias_maps", "u@d", &maps), "v@d");
}

}  // namespace
}  // namespace postmirror
