// What becomes of an extension that no key matched. The mail must reach the
// recipients that it would reach with a mysql: map, for which Postfix itself
// does all of this (mail_addr_map(3), mail_addr_crunch(3)).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "schema/search/address_search.h"
#include "tests/schema/search/fake_maps.h"

namespace postmirror {
namespace {

using testing::HasSubstr;

class UnmatchedExtensionTest : public testing::Test {
 protected:
  std::string Alias(absl::string_view key, FakeMaps::Rows rows) {
    FakeMaps maps{std::move(rows)};
    return fixture_.Run("virtual_alias_maps", key, &maps);
  }

  void StopPropagation() {
    fixture_.settings.propagate_unmatched_extensions = {"canonical"};
  }

  SearchFixture fixture_;
};

TEST_F(UnmatchedExtensionTest, GoesIntoTheAddress) {
  EXPECT_EQ(Alias("info+x@d", {{"info@d", "bob@e"}}), "bob+x@e");
}

TEST_F(UnmatchedExtensionTest, KeepsTheCaseOfTheKey) {
  EXPECT_EQ(Alias("Info+Ext@D", {{"info@d", "Bob@e"}}), "Bob+Ext@e");
}

TEST_F(UnmatchedExtensionTest, AnEmptyOneIsTheDelimiterAlone) {
  EXPECT_EQ(Alias("info+@d", {{"info@d", "bob@e"}}), "bob+@e");
}

TEST_F(UnmatchedExtensionTest, GoesIntoEachAddressOfACommaOrSpaceList) {
  EXPECT_EQ(Alias("info+x@d", {{"info@d", "a@e,b@f, c"}}), "a+x@e,b+x@f,c+x");
  EXPECT_EQ(Alias("info+x@d", {{"info@d", "a@e b@f"}}), "a+x@e,b+x@f");
}

TEST_F(UnmatchedExtensionTest, GoesInsideTheQuotes) {
  EXPECT_EQ(Alias("info+x@d", {{"info@d", R"("a b"@e)"}}), R"("a b+x"@e)");
}

TEST_F(UnmatchedExtensionTest, OfAQuotedKeyIsUnquotedAndQuotedAgain) {
  EXPECT_EQ(Alias(R"("a b+x"@d)", {{R"("a b"@d)", "bob@e"}}), "bob+x@e");
  EXPECT_EQ(Alias(R"("a+x y"@d)", {{"a@d", "bob@e"}}), R"("bob+x y"@e)");
}

TEST_F(UnmatchedExtensionTest, AMatchWithTheExtensionLeavesTheValueAsItIs) {
  for (absl::string_view value : {"bob@e", "a@e  b@f", "@other", "(odd) <v>"}) {
    EXPECT_EQ(Alias("info+x@d", {{"info+x@d", std::string(value)}}), value);
  }
}

TEST_F(UnmatchedExtensionTest, AMatchByAtDomainLeavesTheValueAsItIs) {
  for (absl::string_view value : {"bob@e", "a@e  b@f", "@other", "(odd) <v>"}) {
    EXPECT_EQ(Alias("info+x@d", {{"@d", std::string(value)}}), value);
  }
}

TEST_F(UnmatchedExtensionTest, GoesIntoWhatTheLocalPartAloneMatched) {
  fixture_.settings.local_domains = {"d"};
  EXPECT_EQ(Alias("info+x@d", {{"info", "bob@e"}}), "bob+x@e");
  EXPECT_EQ(Alias("info+x@d", {{"info+x", "bob@e"}}), "bob@e");
}

TEST_F(UnmatchedExtensionTest, AnAtDomainValueStaysSincePostfixPrependsAll) {
  EXPECT_EQ(Alias("info+x@d", {{"info@d", "@other.org"}}), "@other.org");
}

TEST_F(UnmatchedExtensionTest, AnAtDomainValueGetsTheUserIfNotPropagated) {
  StopPropagation();
  EXPECT_EQ(Alias("Info+x@d", {{"info@d", "@other.org"}}), "Info@other.org");
  EXPECT_EQ(Alias(R"("a b+x"@d)", {{R"("a b"@d)", "@other.org"}}),
            R"("a b"@other.org)");
}

TEST_F(UnmatchedExtensionTest, AnAtDomainLiteralGetsUserAndExtension) {
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "@[1.2.3.4]"}}), "u+x@[1.2.3.4]");
}

TEST_F(UnmatchedExtensionTest, AListAfterAtDomainIsOneLocalPartAsInPostfix) {
  // mail_addr_map(3) quotes all before the last `@` after it has prepended.
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "@e, b@f"}}), R"("u@e, b+x"@f)");
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "@e,\"a b\"@f"}}), R"("u@e,\"a b\"+x"@f)");
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "@e b"}}), "u+x@e,b+x");
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "@e:b@f"}}), R"("u@e:b+x"@f)");
  StopPropagation();
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "@e, b@f"}}), R"("u@e, b"@f)");
}

TEST_F(UnmatchedExtensionTest, IsDroppedIfNotPropagated) {
  StopPropagation();
  EXPECT_EQ(Alias("info+x@d", {{"info@d", "a@e  (odd) b@f"}}),
            "a@e  (odd) b@f");
}

TEST_F(UnmatchedExtensionTest, FollowsTheWordOfItsParameter) {
  const FakeMaps::Rows rows = {{"u@d", "v@e"}};
  for (absl::string_view parameter : {"canonical_maps", "sender_canonical_maps",
                                      "recipient_canonical_maps"}) {
    fixture_.settings.propagate_unmatched_extensions = {"virtual", "canonical"};
    FakeMaps maps{rows};
    EXPECT_EQ(fixture_.Run(parameter, "u+x@d", &maps), "v+x@e");
    fixture_.settings.propagate_unmatched_extensions = {"virtual"};
    EXPECT_EQ(fixture_.Run(parameter, "u+x@d", &maps), "v@e");
  }
  EXPECT_EQ(Alias("u+x@d", rows), "v+x@e");
  for (absl::string_view word : {"none", "alias", "Virtual", "virtual2"}) {
    fixture_.settings.propagate_unmatched_extensions = {std::string(word)};
    EXPECT_EQ(Alias("u+x@d", rows), "v@e") << word;
  }
  fixture_.settings.propagate_unmatched_extensions.clear();
  EXPECT_EQ(Alias("u+x@d", rows), "v@e");
}

TEST_F(UnmatchedExtensionTest, GoesIntoTheAddressesOfNamesAndGroups) {
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "Bob <bob@e> (Bob)"}}), "bob+x@e");
  EXPECT_EQ(Alias("u+x@d", {{"u@d", "all: a@e, b@e;"}}), "a+x@e,b+x@e");
}

TEST_F(UnmatchedExtensionTest, AValueWithoutAnAddressStaysAsItIs) {
  EXPECT_EQ(Alias("u+x@d", {{"u@d", " "}}), " ");
}

TEST_F(UnmatchedExtensionTest, WhatMainCfDecidesIsTemporary) {
  for (absl::string_view value : {"user%host", "host!user", "<>", "a@e,<>"}) {
    EXPECT_EQ(Alias("u+x@d", {{"u@d", std::string(value)}}),
              value == "a@e,<>" ? "a+x@e" : "TEMP")
        << value;
  }
}

TEST_F(UnmatchedExtensionTest, TheReasonQuotesAndBoundsTheValue) {
  EXPECT_EQ(Alias("u+\x01@d", {{"u@d", "b!e\n" + std::string(500, 'z')}}),
            "TEMP");
  EXPECT_THAT(fixture_.reason(), HasSubstr(R"("b!e\nzz)"));
  EXPECT_THAT(fixture_.reason(), HasSubstr(R"("+\x01")"));
  EXPECT_LT(fixture_.reason().size(), 300u);
}

TEST_F(UnmatchedExtensionTest, ATemporaryExtensionAsksNoFurther) {
  FakeMaps maps{{{"u@d", "a!b"}, {"@d", "all@d"}}};
  EXPECT_EQ(fixture_.Run("virtual_alias_maps", "u+x@d", &maps), "TEMP");
  EXPECT_EQ(maps.asked().back(), "u@d");
}

}  // namespace
}  // namespace postmirror
