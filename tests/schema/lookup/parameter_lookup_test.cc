#include "schema/lookup/parameter_lookup.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr char kDomains[] = "/etc/postmirror/domains.cf";
constexpr char kAliases[] = "/etc/postmirror/aliases.cf";
constexpr char kMailboxes[] = "/etc/postmirror/mailboxes.cf";

// The parameters' places in Config::served.
enum : size_t { kMailboxDomains, kAliasMaps, kSenderLoginMaps };

// mailboxes.cf stands in two parameters.
Config GuidesConfig() {
  Config config;
  config.search.recipient_delimiter = "+";
  config.served = {
      {.parameter = FindParameter("virtual_mailbox_domains"),
       .maps = {kDomains}},
      {.parameter = FindParameter("virtual_alias_maps"),
       .maps = {kAliases, kMailboxes}},
      {.parameter = FindParameter("smtpd_sender_login_maps"),
       .maps = {kMailboxes}},
  };
  return config;
}

class ParameterLookupTest : public ::testing::Test {
 protected:
  void FillAll() {
    store_.Fill({{.name = kDomains, .values = {{"example.org", "1"}}},
                 {.name = kAliases,
                  .values = {{"info@example.org", "user@example.org"},
                             {"both@example.org", "first@example.org"},
                             {"@example.org", "catch-all@example.org"}}},
                 {.name = kMailboxes,
                  .values = {{"user@example.org", "user@example.org"},
                             {"both@example.org", "second@example.org"}}}});
    EXPECT_TRUE(reader_.Refresh().ok());
  }

  std::string Lookup(size_t served, absl::string_view key) {
    value_ = "left over";
    lookup_.Begin();
    const Outcome outcome = lookup_.Lookup(served, key, &value_);
    lookup_.End();
    return Answer(outcome);
  }

  std::string LookupExact(size_t served, absl::string_view key) {
    value_ = "left over";
    lookup_.Begin();
    const Outcome outcome = lookup_.LookupExact(served, key, &value_);
    lookup_.End();
    return Answer(outcome);
  }

  // The value or, where the last lookup was TEMP, the operator's reason.
  const std::string& value() const { return value_; }

  TemporaryStore store_;
  const Config config_ = GuidesConfig();
  StoreReader reader_{store_.path()};
  ParameterLookup lookup_{config_, &reader_};

 private:
  std::string Answer(Outcome outcome) const {
    if (outcome == Outcome::kTemporary) return "TEMP";
    return outcome == Outcome::kNotFound ? "NOTFOUND" : value_;
  }

  std::string value_;
};

TEST_F(ParameterLookupTest, WithoutAStoreEverythingIsTemporary) {
  EXPECT_EQ(Lookup(kMailboxDomains, "example.org"), "TEMP");
  EXPECT_EQ(value(), "the store is not open");
  EXPECT_EQ(LookupExact(kMailboxDomains, "example.org"), "TEMP");
  EXPECT_EQ(value(), "the store is not open");
}

TEST_F(ParameterLookupTest, AnExactParameterHasNoAddressSearch) {
  FillAll();
  EXPECT_EQ(Lookup(kMailboxDomains, "example.org"), "1");
  EXPECT_EQ(Lookup(kMailboxDomains, "EXAMPLE.org"), "1");
  EXPECT_EQ(Lookup(kMailboxDomains, "user@example.org"), "NOTFOUND");
  EXPECT_EQ(Lookup(kMailboxDomains, "other.example"), "NOTFOUND");
}

TEST_F(ParameterLookupTest, AnAddressParameterSearchesAllForms) {
  FillAll();
  EXPECT_EQ(Lookup(kAliasMaps, "info@example.org"), "user@example.org");
  EXPECT_EQ(Lookup(kAliasMaps, "info+news@example.org"),
            "user+news@example.org");
  EXPECT_EQ(Lookup(kAliasMaps, "nobody@example.org"), "catch-all@example.org");
  EXPECT_EQ(Lookup(kAliasMaps, "nobody@other.example"), "NOTFOUND");
}

TEST_F(ParameterLookupTest, OnlyTheParametersOwnMapsAreAsked) {
  FillAll();
  EXPECT_EQ(Lookup(kSenderLoginMaps, "user@example.org"), "user@example.org");
  EXPECT_EQ(Lookup(kSenderLoginMaps, "info@example.org"), "NOTFOUND");
  EXPECT_EQ(Lookup(kSenderLoginMaps, "example.org"), "NOTFOUND");
}

TEST_F(ParameterLookupTest, TheExtensionIsReattachedWhereTheParameterDoesSo) {
  FillAll();
  EXPECT_EQ(Lookup(kSenderLoginMaps, "user+news@example.org"),
            "user@example.org");
  EXPECT_EQ(Lookup(kAliasMaps, "user+news@example.org"),
            "user+news@example.org");
}

// The form of the key is the outer loop: the second map's full address goes
// before the first map's catch-all.
TEST_F(ParameterLookupTest, MapsAreAskedInOrderForEachForm) {
  FillAll();
  EXPECT_EQ(Lookup(kAliasMaps, "both@example.org"), "first@example.org");
  EXPECT_EQ(Lookup(kAliasMaps, "user@example.org"), "user@example.org");
}

TEST_F(ParameterLookupTest, ExactAsksAllMapsInOrderForTheOneForm) {
  FillAll();
  EXPECT_EQ(LookupExact(kAliasMaps, "both@example.org"), "first@example.org");
  EXPECT_EQ(LookupExact(kAliasMaps, "user@example.org"), "user@example.org");
  EXPECT_EQ(LookupExact(kAliasMaps, "@example.org"), "catch-all@example.org");
  EXPECT_EQ(LookupExact(kAliasMaps, "nobody@example.org"), "NOTFOUND");
  EXPECT_EQ(LookupExact(kAliasMaps, "info+news@example.org"), "NOTFOUND");
}

// Also where a map before it has the answer: it may be the wrong one once the
// other is there, and a miss in it is not known.
TEST_F(ParameterLookupTest, AMapThatIsNotFilledMakesTheParameterTemporary) {
  store_.Fill({{.name = kDomains, .values = {{"example.org", "1"}}},
               {.name = kAliases,
                .values = {{"info@example.org", "user@example.org"}}}});
  EXPECT_TRUE(reader_.Refresh().ok());
  for (const absl::string_view key :
       {"info@example.org", "nobody@example.org", ""}) {
    EXPECT_EQ(Lookup(kAliasMaps, key), "TEMP") << key;
    EXPECT_EQ(value(), "not filled yet: map /etc/postmirror/mailboxes.cf");
    EXPECT_EQ(LookupExact(kAliasMaps, key), "TEMP") << key;
    EXPECT_EQ(value(), "not filled yet: map /etc/postmirror/mailboxes.cf");
  }
  EXPECT_EQ(Lookup(kMailboxDomains, "example.org"), "1");
  FillAll();
  EXPECT_EQ(Lookup(kAliasMaps, "info@example.org"), "user@example.org");
}

TEST_F(ParameterLookupTest, ATemporaryMapEndsTheSearch) {
  FillAll();
  store_.Fill({{.name = kAliases, .temporary = {"user@example.org"}}});
  // The second map has it, but what the first one would say is not known.
  EXPECT_EQ(Lookup(kAliasMaps, "user@example.org"), "TEMP");
  EXPECT_EQ(LookupExact(kAliasMaps, "user@example.org"), "TEMP");
  EXPECT_EQ(Lookup(kAliasMaps, "both@example.org"), "second@example.org");
}

TEST_F(ParameterLookupTest, AWakeUpSeesOneMoment) {
  FillAll();
  lookup_.Begin();
  std::string value;
  EXPECT_EQ(lookup_.Lookup(kMailboxDomains, "example.org", &value),
            Outcome::kFound);
  store_.Fill({{.name = kDomains}, {.name = kAliases}});
  EXPECT_EQ(lookup_.Lookup(kMailboxDomains, "example.org", &value),
            Outcome::kFound);
  EXPECT_EQ(lookup_.Lookup(kAliasMaps, "info@example.org", &value),
            Outcome::kFound);
  lookup_.End();
  EXPECT_EQ(Lookup(kMailboxDomains, "example.org"), "NOTFOUND");
  EXPECT_EQ(Lookup(kAliasMaps, "info@example.org"), "NOTFOUND");
}

}  // namespace
}  // namespace postmirror
