#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "schema/config/config.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// One line: the smallest configuration there is.
constexpr absl::string_view kDomains =
    "virtual_mailbox_domains = mysql:/m/domains.cf\n";

std::vector<std::string> Errors(absl::string_view text) {
  const absl::Status status = ParseConfig("f.cf", text).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return absl::StrSplit(status.message(), '\n');
}

std::vector<std::string> ErrorsWith(absl::string_view lines) {
  return Errors(absl::StrCat(kDomains, lines));
}

TEST(ConfigErrorsTest, NamesTheLineOfTheWrongElementOfAList) {
  EXPECT_THAT(ErrorsWith("listen =\n"
                         "    # the wrong one is the second\n"
                         "    socketmap:inet:127.0.0.1:1\n"
                         "    udp:127.0.0.1:1\n"
                         "recipient_delimiter =\n"
                         "virtual_alias_maps = mysql:/m/a.cf\n"
                         "    hash:/m/b\n"),
              ElementsAre(HasSubstr("f.cf:5: listen: \"udp:127.0.0.1:1\" "),
                          HasSubstr("f.cf:8: virtual_alias_maps: ")));
}

TEST(ConfigErrorsTest, RefusesAnUnknownName) {
  EXPECT_THAT(
      ErrorsWith("virtual_transport = lmtp:unix:private/dovecot-lmtp\n"),
      ElementsAre("f.cf:2: \"virtual_transport\" is no setting of postmirror, "
                  "correct its name or leave the line to main.cf"));
}

TEST(ConfigErrorsTest, RefusesANameGivenTwice) {
  EXPECT_THAT(
      ErrorsWith("store = /a\n\nstore = /a\nstore = /a\n"),
      ElementsAre(
          "f.cf:4: \"store\" is given twice, first in line 2, remove one",
          "f.cf:5: \"store\" is given twice, first in line 2, remove one"));
}

TEST(ConfigErrorsTest, RefusesAForgottenRecipientDelimiter) {
  EXPECT_THAT(
      ErrorsWith("\nvirtual_alias_maps = mysql:/m/a.cf\n"
                 "virtual_mailbox_maps = mysql:/m/b.cf\n"),
      ElementsAre(
          "f.cf:3: recipient_delimiter is not stated, but "
          "virtual_alias_maps needs it, and without it every plus address "
          "would bounce, add the line that `postconf recipient_delimiter` "
          "prints"));
}

TEST(ConfigErrorsTest, WantsARecipientDelimiterForEachAddressParameter) {
  for (const Parameter& parameter : Parameters()) {
    const std::string text = absl::StrCat(parameter.name, " = mysql:/m/a.cf\n");
    EXPECT_EQ(ParseConfig("f.cf", text).ok(),
              parameter.search == SearchKind::kExact)
        << parameter.name;
    EXPECT_TRUE(ParseConfig("f.cf", text + "recipient_delimiter =\n").ok());
  }
}

TEST(ConfigErrorsTest, RefusesAValueThatIsNone) {
  EXPECT_THAT(
      ErrorsWith("proxy_threads = many\n"),
      ElementsAre(
          "f.cf:2: proxy_threads: \"many\" is not a whole number from 1 to "
          "64, write one"));
  EXPECT_THAT(
      ErrorsWith("server_id = 0\n"),
      ElementsAre("f.cf:2: server_id: \"0\" is not a whole number from 1 to "
                  "4294967295, write one"));
}

TEST(ConfigErrorsTest, RefusesFilesInMyoriginWithTheCure) {
  EXPECT_THAT(
      ErrorsWith("myorigin = /etc/mailname\n"),
      ElementsAre("f.cf:2: myorigin: \"/etc/mailname\" is a file, which is not "
                  "read here, write the domains that it holds"));
}

TEST(ConfigErrorsTest, RefusesTwoOrigins) {
  EXPECT_THAT(
      ErrorsWith("myorigin = a.org b.org\n"),
      ElementsAre(
          "f.cf:2: myorigin: \"a.org b.org\" is not one name, write the "
          "one that Postfix has"));
}

TEST(ConfigErrorsTest, RefusesTablesInMydestinationWithTheCure) {
  EXPECT_THAT(
      ErrorsWith("mydestination = a.org hash:/etc/local\n"),
      ElementsAre(
          "f.cf:2: mydestination: \"hash:/etc/local\" is a lookup table, "
          "which is not asked here, write the domains that it holds"));
}

TEST(ConfigErrorsTest, RefusesANameWithoutAValue) {
  EXPECT_THAT(
      ErrorsWith("mydestination = $myhostname\n"),
      ElementsAre(
          "f.cf:2: mydestination: $myhostname has no value in this file, "
          "and main.cf is not read, add the line that `postconf -x "
          "myhostname` prints"));
}

TEST(ConfigErrorsTest, RefusesToListenForAParameterThatIsNotDefined) {
  EXPECT_THAT(
      ErrorsWith("virtual_alias_maps =\n"
                 "listen = tcp:127.0.0.1:1:virtual_alias_maps\n"),
      ElementsAre(
          "f.cf:3: listen: \"tcp:127.0.0.1:1:virtual_alias_maps\" serves "
          "virtual_alias_maps, which is not defined in this file, define "
          "it or remove the entry"));
}

TEST(ConfigErrorsTest, SaysOfAParameterThatItIsNotServed) {
  for (const char* line :
       {"transport_maps = mysql:/m/transport.cf\n",
        "relay_domains = hash:/m/relay proxy:mysql:/m/relay_domains.cf\n",
        "smtp_tls_policy_maps =\n  mysql:/m/tls_policy.cf\n"}) {
    const std::string name(line, std::string(line).find(' '));
    EXPECT_THAT(
        ErrorsWith(line),
        ElementsAre(AllOf(
            StartsWith(absl::StrCat("f.cf:2: \"", name,
                                    "\" is a parameter that postmirror does "
                                    "not serve, leave the line")),
            HasSubstr("postmirror serves virtual_mailbox_domains, "))));
  }
}

TEST(ConfigErrorsTest, DoesNotBlameListenForABadList) {
  EXPECT_THAT(Errors("virtual_alias_domains = hash:/etc/a\n"
                     "virtual_mailbox_domains = $none\n"
                     "listen = tcp:127.0.0.1:1:virtual_alias_domains\n"
                     "    tcp:127.0.0.1:2:virtual_mailbox_domains\n")
                  .size(),
              2u);
}

TEST(ConfigErrorsTest, CollectsAllErrorsInTheOrderOfTheFile) {
  const std::vector<std::string> errors = Errors(
      "listen = tcp:127.0.0.1:1:virtual_mailbox_maps\n"
      "no entry\n"
      "virtual_alias_maps = hash:/a mysql:b\n"
      "max_shrink = half\n"
      "mydestination = !a.org\n"
      "unknown = 1\n"
      "max_shrink = 50%\n");
  std::vector<std::string> places;
  places.reserve(errors.size());
  for (const std::string& error : errors) places.push_back(error.substr(0, 7));
  EXPECT_THAT(places,
              ElementsAre("f.cf:1:", "f.cf:2:", "f.cf:3:", "f.cf:3:", "f.cf:3:",
                          "f.cf:4:", "f.cf:5:", "f.cf:6:", "f.cf:7:"));
}

}  // namespace
}  // namespace postmirror
