#include "schema/search/address.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// The local part cut as split_addr(3) cuts it: `user|ext`, or as it is.
std::string Split(absl::string_view local, absl::string_view delimiters,
                  bool owner_request_special = true) {
  SearchSettings settings;
  settings.recipient_delimiter = std::string(delimiters);
  settings.owner_request_special = owner_request_special;
  const std::optional<size_t> at = ExtensionStart(local, settings);
  if (!at.has_value()) return std::string(local);
  return absl::StrCat(local.substr(0, *at), "|", local.substr(*at));
}

TEST(ExtensionStartTest, SplitsAtTheFirstDelimiter) {
  EXPECT_EQ(Split("user+ext", "+"), "user|+ext");
  EXPECT_EQ(Split("user+a+b", "+"), "user|+a+b");
  EXPECT_EQ(Split("user", "+"), "user");
}

TEST(ExtensionStartTest, SplitsOffAnEmptyExtension) {
  EXPECT_EQ(Split("user+", "+"), "user|+");
}

TEST(ExtensionStartTest, DoesNotSplitAtTheFirstCharacter) {
  EXPECT_EQ(Split("+x", "+"), "+x");
  EXPECT_EQ(Split("+x+y", "+"), "+x+y");
  EXPECT_EQ(Split("+", "+"), "+");
}

TEST(ExtensionStartTest, AnyOfSeveralDelimitersSplits) {
  EXPECT_EQ(Split("user-a+b", "+-"), "user|-a+b");
  EXPECT_EQ(Split("user+a-b", "+-"), "user|+a-b");
  EXPECT_EQ(Split("-user+a", "+-"), "-user+a");
}

TEST(ExtensionStartTest, WithoutDelimitersNothingSplits) {
  EXPECT_EQ(Split("user+ext", ""), "user+ext");
}

TEST(ExtensionStartTest, ReservedNamesDoNotSplit) {
  EXPECT_EQ(Split("Mailer-Daemon", "-"), "Mailer-Daemon");
  EXPECT_EQ(Split("DOUBLE-bounce", "-"), "DOUBLE-bounce");
  EXPECT_EQ(Split("PostMaster", "m"), "PostMaster");
}

TEST(ExtensionStartTest, ReservedNamesWithAnExtensionSplit) {
  EXPECT_EQ(Split("postmaster+x", "+"), "postmaster|+x");
  EXPECT_EQ(Split("mailer-daemon+x", "+"), "mailer-daemon|+x");
  EXPECT_EQ(Split("mailer-daemon-x", "-"), "mailer|-daemon-x");
}

TEST(ExtensionStartTest, DoubleBounceSenderIsTheSettings) {
  SearchSettings settings;
  settings.recipient_delimiter = "-";
  settings.double_bounce_sender = "no-reply";
  EXPECT_EQ(ExtensionStart("No-Reply", settings), std::nullopt);
  EXPECT_EQ(ExtensionStart("double-bounce", settings), 6u);
}

TEST(ExtensionStartTest, OwnerAndRequestAreSpecialWithADashAmongTheDelimiters) {
  EXPECT_EQ(Split("owner-list", "-"), "owner-list");
  EXPECT_EQ(Split("OWNER-list+x", "+-"), "OWNER-list+x");
  EXPECT_EQ(Split("list-request", "-"), "list-request");
  EXPECT_EQ(Split("list+x-Request", "+-"), "list+x-Request");
  EXPECT_EQ(Split("owner-list+x", "+"), "owner-list|+x");
  EXPECT_EQ(Split("list+x-request", "+"), "list|+x-request");
  EXPECT_EQ(Split("list-requests", "-"), "list|-requests");
  EXPECT_EQ(Split("x-request", "-"), "x-request");
  EXPECT_EQ(Split("-request", "-"), "-request");  // at the first character
}

TEST(ExtensionStartTest, OwnerAndRequestSplitWhereTheyAreNotSpecial) {
  EXPECT_EQ(Split("owner-list", "-", false), "owner|-list");
  EXPECT_EQ(Split("list-request", "-", false), "list|-request");
}

std::string Quoted(absl::string_view local) {
  std::string out = "<";
  AppendQuotedLocal(local, &out);
  return out.substr(1);
}

std::string Unquoted(absl::string_view local) {
  std::string out;
  AppendUnquotedLocal(local, &out);
  return out;
}

TEST(QuotedLocalTest, ADotStringStaysAsItIs) {
  for (absl::string_view local : {"user", "a.b.c", "user+ext", "a/b=c",
                                  "a%b!c|d", "j\u00FCrgen", "'{}~"}) {
    EXPECT_EQ(Quoted(local), local);
  }
}

TEST(QuotedLocalTest, QuotesWhatIsNoDotString) {
  for (absl::string_view local :
       {"", "a b", ".a", "a.", "a..b", "a@b", "a,b", "a;b", "a:b", "(a)", "<a>",
        "[a]", "a\tb", "a\x01", "a\x7F", "."}) {
    EXPECT_EQ(Quoted(local), absl::StrCat("\"", local, "\"")) << local;
  }
}

TEST(QuotedLocalTest, EscapesQuotesBackslashesAndReturns) {
  EXPECT_EQ(Quoted("a\"b"), R"("a\"b")");
  EXPECT_EQ(Quoted("a\\b"), R"("a\\b")");
  EXPECT_EQ(Quoted("\"\\\""), R"("\"\\\"")");
  EXPECT_EQ(Quoted("a\rb"), "\"a\\\rb\"");
}

TEST(QuotedLocalTest, UnquotingRemovesQuotesAndBackslashes) {
  EXPECT_EQ(Unquoted(R"("a b")"), "a b");
  EXPECT_EQ(Unquoted(R"("a\"b\\c")"), "a\"b\\c");
  EXPECT_EQ(Unquoted(R"("\ab")"), "ab");
  EXPECT_EQ(Unquoted(R"("")"), "");
  EXPECT_EQ(Unquoted("plain"), "plain");
  EXPECT_EQ(Unquoted("end\\"), "end");
}

// The value with the extension in it, or "TEMP".
std::string With(absl::string_view extension, absl::string_view value) {
  std::string out;
  return AppendWithExtension(value, extension, &out) ? out : "TEMP";
}

TEST(AppendWithExtensionTest, GoesBeforeTheAt) {
  EXPECT_EQ(With("+x", "bob@d"), "bob+x@d");
  EXPECT_EQ(With("+", "bob@d"), "bob+@d");
  EXPECT_EQ(With("+x", "bob+y@d"), "bob+y+x@d");
  EXPECT_EQ(With("+x", "a!b%c@d"), "a!b%c+x@d");
  EXPECT_EQ(With("+x", "j\u00FCrgen@\u00E9.org"), "j\u00FCrgen+x@\u00E9.org");
}

TEST(AppendWithExtensionTest, AppendsToWhatIsThere) {
  std::string out = "kept:";
  ASSERT_TRUE(AppendWithExtension("bob@d", "+x", &out));
  EXPECT_EQ(out, "kept:bob+x@d");
}

TEST(AppendWithExtensionTest, GoesToTheEndOfAnAddressWithoutDomain) {
  EXPECT_EQ(With("+x", "bob"), "bob+x");
  EXPECT_EQ(With("+x", R"("a b")"), R"("a b+x")");
}

TEST(AppendWithExtensionTest, GoesIntoEachAddressOfACommaList) {
  EXPECT_EQ(With("+x", "a@d,b@e"), "a+x@d,b+x@e");
  EXPECT_EQ(With("+x", "a@d, b@e ,\tc"), "a+x@d,b+x@e,c+x");
  EXPECT_EQ(With("+x", ",,a@d,,b@e,"), "a+x@d,b+x@e");
}

TEST(AppendWithExtensionTest, GoesIntoEachAddressOfASpaceList) {
  EXPECT_EQ(With("+x", "a@d b@e"), "a+x@d,b+x@e");
  EXPECT_EQ(With("+x", " a@d\tb@e\r\n c@f "), "a+x@d,b+x@e,c+x@f");
  EXPECT_EQ(With("+x", R"("a b"@d "c"@e)"), R"("a b+x"@d,c+x@e)");
}

TEST(AppendWithExtensionTest, GoesInsideTheQuotesOfAQuotedLocalPart) {
  EXPECT_EQ(With("+x", R"("a b"@d)"), R"("a b+x"@d)");
  EXPECT_EQ(With("+x", R"("a@b"@d)"), R"("a@b+x"@d)");
  EXPECT_EQ(With("+x", R"("a\"\\b"@d)"), R"("a\"\\b+x"@d)");
  EXPECT_EQ(With("+x", R"("a,b"@d,c@d)"), R"("a,b+x"@d,c+x@d)");
}

TEST(AppendWithExtensionTest, QuotesNoFurtherThanNeeded) {
  EXPECT_EQ(With("+x", R"("ab"@d)"), "ab+x@d");
  EXPECT_EQ(With("+x", R"(""@d)"), "+x@d");
  EXPECT_EQ(With("+x", R"("a."@d)"), "a.+x@d");
}

TEST(AppendWithExtensionTest, QuotesWhatTheExtensionMakesNecessary) {
  EXPECT_EQ(With("+b c", "bob@d"), R"("bob+b c"@d)");
  EXPECT_EQ(With("+@", "bob"), R"("bob+@")");
  EXPECT_EQ(With("+\"", "bob@d"), R"("bob+\""@d)");
  EXPECT_EQ(With("+x.", "bob@d"), R"("bob+x."@d)");
}

TEST(AppendWithExtensionTest, OperatorsWithoutADomainStayText) {
  // Unquoted, Postfix would make an address of them before the extension.
  EXPECT_EQ(With("+a%b", "bob"), R"("bob+a%b")");
  EXPECT_EQ(With("+x", R"("a%b")"), R"("a%b+x")");
  EXPECT_EQ(With("+x", "a%b"), "TEMP");
  EXPECT_EQ(With("+x", "b!a"), "TEMP");
  EXPECT_EQ(With("+x", "|command"), R"("|command+x")");
}

TEST(AppendWithExtensionTest, TakesDomainLiteralsAndFinalDots) {
  EXPECT_EQ(With("+x", "a@[127.0.0.1]"), "a+x@[127.0.0.1]");
  EXPECT_EQ(With("+x", "a@[IPv6:::1],b@d"), "a+x@[IPv6:::1],b+x@d");
  EXPECT_EQ(With("+x", "a@d., b@e."), "a+x@d.,b+x@e.");
}

TEST(AppendWithExtensionTest, WhiteSpaceBesideADotJoins) {
  EXPECT_EQ(With("+x", "a@d. b"), "a+x@d.b");
  EXPECT_EQ(With("+x", "a@d .b"), "a+x@d.b");
  EXPECT_EQ(With("+x", "a@d. b@e"), R"("a@d.b+x"@e)");
  EXPECT_EQ(With("+x", "a@d !b@e"), R"("a@d!b+x"@e)");
  EXPECT_EQ(With("+x", "a@d, .b@e"), "a+x@d,\".b+x\"@e");
}

TEST(AppendWithExtensionTest, WhiteSpaceInQuotesBecomesASpace) {
  EXPECT_EQ(With("+x", "\"a\tb\"@d"), R"("a b+x"@d)");
  EXPECT_EQ(With("+x\r", "a@d"), R"("a+x "@d)");
}

TEST(AppendWithExtensionTest, GoesIntoTheAddressAmongCommentsAndNames) {
  EXPECT_EQ(With("+x", "bob@d (Bob)"), "bob+x@d");
  EXPECT_EQ(With("+x", "Bob <bob@d>, b@e"), "bob+x@d,b+x@e");
  EXPECT_EQ(With("+x", "all: a@d, b@e;"), "a+x@d,b+x@e");
  EXPECT_EQ(With("+x", "<@relay:bob@d>"), "bob+x@d");
  EXPECT_EQ(With("+a b", "Bob <bob@d>"), R"("bob+a b"@d)");
}

TEST(AppendWithExtensionTest, IsTheLocalPartOfADomainAlone) {
  EXPECT_EQ(With("+x", "a@d, @e"), "a+x@d,+x@e");
}

TEST(AppendWithExtensionTest, AValueWithoutAnAddressStaysAsItIs) {
  for (absl::string_view value : {" ", ",", "(c)", "all:;", "Bob <>"}) {
    EXPECT_EQ(With("+x", value), value);
  }
}

TEST(AppendWithExtensionTest, NullAndBrokenAddressesAreTemporary) {
  for (absl::string_view value :
       {"", "<>", "\"\"", "@", "a@d, @", "a@", "<a,b@d>", "a@d%e"}) {
    EXPECT_EQ(With("+x", value), "TEMP") << value;
  }
}

}  // namespace
}  // namespace postmirror
