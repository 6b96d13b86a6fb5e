#include "schema/search/address_list.h"

#include <gtest/gtest.h>

#include <string>

namespace postmirror {
namespace {

// The addresses as `local` and domain, cut off by `|`; "none", or "refused".
std::string Parsed(absl::string_view value) {
  const auto addresses = ParseAddressList(value);
  if (!addresses.has_value()) return "refused";
  std::string text;
  for (const ListedAddress& each : *addresses) {
    if (!text.empty()) text += " | ";
    text += each.local + each.domain;
  }
  return text.empty() ? "none" : text;
}

TEST(AddressListTest, CommasAndWhiteSpaceSeparate) {
  EXPECT_EQ(Parsed("a@d"), "a@d");
  EXPECT_EQ(Parsed(",a@d b@e,\tc,\n"), "a@d | b@e | c");
}

TEST(AddressListTest, WhiteSpaceBesideADotOrAnAtJoins) {
  EXPECT_EQ(Parsed("a . b @ d . e f @g"), "a.b@d.e | f@g");
}

TEST(AddressListTest, LocalPartsComeWithoutQuotesAndBackslashes) {
  EXPECT_EQ(Parsed(R"("a b"@d "c\"\\"@e)"), R"(a b@d | c"\@e)");
  EXPECT_EQ(Parsed(R"(a\,b@d)"), "a,b@d");
  EXPECT_EQ(Parsed("\"a\tb\"@d"), "a b@d");
  EXPECT_EQ(Parsed(R"(""@d)"), "@d");
  EXPECT_EQ(Parsed(R"("a b)"), "a b");
}

TEST(AddressListTest, CommentsAreDropped) {
  EXPECT_EQ(Parsed("a@d (A)"), "a@d");
  EXPECT_EQ(Parsed("(A (B) \\) ,) a(x)@(y)d(z"), "a@d");
  EXPECT_EQ(Parsed("a@d (\\"), "a@d");
}

TEST(AddressListTest, DisplayNamesAreDropped) {
  EXPECT_EQ(Parsed("Some Body <a@d>"), "a@d");
  EXPECT_EQ(Parsed(R"("Body, Some" <a@d>, B. <b@e>)"), "a@d | b@e");
  EXPECT_EQ(Parsed("a@d <b@e> c@f"), "b@e | c@f");
  EXPECT_EQ(Parsed("a@d>"), "a@d");
}

TEST(AddressListTest, NamesOfGroupsAreDropped) {
  EXPECT_EQ(Parsed("all: a@d, b@e;"), "a@d | b@e");
  EXPECT_EQ(Parsed("x@c, all: A <a@d>; b@e"), "x@c | a@d | b@e");
  EXPECT_EQ(Parsed("a@d;b@e"), "a@d | b@e");
}

TEST(AddressListTest, RoutesAreDropped) {
  EXPECT_EQ(Parsed("<@r,@s:a@d>"), "a@d");
  EXPECT_EQ(Parsed("@r:a@d"), "a@d");
}

TEST(AddressListTest, ADomainAloneIsAnAddress) {
  EXPECT_EQ(Parsed("a@d, @e"), "a@d | @e");
}

TEST(AddressListTest, TheLastAtIsBeforeTheDomain) {
  EXPECT_EQ(Parsed("a@b@d"), "a@b@d");
  const auto addresses = ParseAddressList("a@b@d");
  ASSERT_TRUE(addresses.has_value());
  EXPECT_EQ(addresses->front(), (ListedAddress{"a@b", "@d"}));
}

TEST(AddressListTest, TakesDomainLiteralsAndFinalDots) {
  EXPECT_EQ(Parsed("a@[IPv6:::1] b@d."), "a@[IPv6:::1] | b@d.");
  EXPECT_EQ(Parsed("a@[1]b a@[1"), "a@[1] | b | a@[1]");
}

TEST(AddressListTest, TakesLocalPartsOfOperators) {
  EXPECT_EQ(Parsed("a%b!c@d"), "a%b!c@d");
  EXPECT_EQ(Parsed("|command"), "|command");
}

TEST(AddressListTest, AValueCanHoldNoAddress) {
  for (absl::string_view value :
       {"", " ", ",", ";", "(c)", "all:;", "Nobody <>", ">"}) {
    EXPECT_EQ(Parsed(value), "none") << value;
  }
}

TEST(AddressListTest, RefusesTheNullAddress) {
  for (absl::string_view value : {"<>", R"("")", "@", "a@d, @", "\\"}) {
    EXPECT_EQ(Parsed(value), "refused") << value;
  }
  EXPECT_EQ(Parsed("a@d,<>"), "a@d");
}

TEST(AddressListTest, RefusesBrokenAddresses) {
  for (absl::string_view value :
       {"a@", "[1.2.3.4]", "[1.2.3.4]@d", "a@[\"]", "a@\"d\"", "a@d\x01",
        "a@d\\ e", "a@d%e", "<", "a<b@d", "a)@d", "<a,b@d>", "<a b@d>", "@a@b",
        "@relay:", "a:b@d"}) {
    EXPECT_EQ(Parsed(value), "refused") << value;
  }
}

TEST(AddressListTest, RefusesWhatMainCfDecides) {
  EXPECT_EQ(Parsed("user%host"), "refused");
  EXPECT_EQ(Parsed("host!user"), "refused");
  EXPECT_EQ(Parsed(R"("user%host!")"), "user%host!");
}

}  // namespace
}  // namespace postmirror
