#include "schema/config/listen_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Texts(const std::vector<ListenEntry>& list) {
  std::vector<std::string> texts;
  texts.reserve(list.size());
  for (const ListenEntry& entry : list) texts.push_back(entry.ToString());
  return texts;
}

class ListenListTest : public ::testing::Test {
 protected:
  std::vector<std::string> Listen(const std::string& value) {
    return Texts(ParseListenList({"listen", value, 9}, {"virtual_alias_maps"},
                                 &errors_));
  }
  std::vector<std::string> Errors(const std::string& value) {
    Listen(value);
    return errors_.Lines();
  }

  CfErrors errors_{"f.cf"};
};

TEST_F(ListenListTest, KeepsTheOrder) {
  EXPECT_THAT(
      Listen("socketmap:unix:/run/m tcp:127.0.0.1:2:virtual_alias_maps,"
             "socketmap:inet:127.0.0.1:1"),
      ElementsAre("socketmap:unix:/run/m", "tcp:127.0.0.1:2:virtual_alias_maps",
                  "socketmap:inet:127.0.0.1:1"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(ListenListTest, ServesAParameterAtSeveralAddresses) {
  EXPECT_THAT(
      Errors(
          "tcp:127.0.0.1:1:virtual_alias_maps tcp:[::1]:1:virtual_alias_maps"),
      IsEmpty());
}

TEST_F(ListenListTest, RefusesToBeEmpty) {
  EXPECT_THAT(
      Errors(" , "),
      ElementsAre(
          "f.cf:9: listen is empty, so that nobody could ask, remove the "
          "line for the default or name an address"));
}

TEST_F(ListenListTest, RefusesWhatIsNoEntry) {
  EXPECT_THAT(
      Errors("10040"),
      ElementsAre("f.cf:9: listen: \"10040\" is no address to listen on, write "
                  "tcp:HOST:PORT:PARAMETER, socketmap:inet:HOST:PORT or "
                  "socketmap:unix:PATH, an IPv6 host in brackets"));
}

TEST_F(ListenListTest, RefusesAParameterThatIsNotDefined) {
  EXPECT_THAT(
      Errors("tcp:127.0.0.1:1:virtual_mailbox_maps"),
      ElementsAre("f.cf:9: listen: \"tcp:127.0.0.1:1:virtual_mailbox_maps\" "
                  "serves virtual_mailbox_maps, which is not defined in this "
                  "file, define it or remove the entry"));
}

TEST_F(ListenListTest, RefusesAParameterThatIsUnknown) {
  EXPECT_THAT(
      Errors("tcp:127.0.0.1:1:transport_maps"),
      ElementsAre(
          "f.cf:9: listen: \"tcp:127.0.0.1:1:transport_maps\" serves a "
          "parameter "
          "that postmirror does not know, write one of "
          "virtual_mailbox_domains, "
          "virtual_alias_domains, virtual_mailbox_maps, relay_recipient_maps, "
          "smtpd_sender_login_maps, virtual_alias_maps, canonical_maps, "
          "sender_canonical_maps, recipient_canonical_maps"));
}

TEST_F(ListenListTest, RefusesAnAddressTwice) {
  EXPECT_THAT(
      Errors("socketmap:unix:/run/m socketmap:unix:/run/m"),
      ElementsAre(
          "f.cf:9: listen: \"socketmap:unix:/run/m\" has an address that "
          "is listed before, and one address has one listener, remove "
          "one"));
}

TEST_F(ListenListTest, RefusesAnAddressTwiceWhateverItsProtocolAndSpelling) {
  EXPECT_EQ(
      Errors("tcp:127.0.0.1:1:virtual_alias_maps socketmap:inet:127.0.0.1:1 "
             "socketmap:inet:[::1]:1 socketmap:inet:[0:0::1]:1 "
             "socketmap:inet:a.org:1 socketmap:inet:A.org:1")
          .size(),
      3u);
}

TEST_F(ListenListTest, NamesTheLineOfTheWrongElement) {
  ParseListenList({.name = "listen",
                   .value = "socketmap:unix:/a 10040 socketmap:unix:/a",
                   .line = 9,
                   .continued = {{17, 10}, {23, 12}}},
                  {}, &errors_);
  EXPECT_THAT(errors_.Lines(),
              ElementsAre(HasSubstr("f.cf:10: listen: \"10040\" is no"),
                          HasSubstr("f.cf:12: listen: \"socketmap:unix:/a\" "
                                    "has an address that is listed before")));
}

TEST(DefaultListenListTest,
     HasAPortForEachOfTheThreeParametersAndTwoSocketmaps) {
  EXPECT_THAT(Texts(DefaultListenList(
                  {"virtual_mailbox_domains", "virtual_mailbox_maps",
                   "virtual_alias_maps", "canonical_maps"})),
              ElementsAre("tcp:127.0.0.1:10040:virtual_mailbox_domains",
                          "tcp:127.0.0.1:10041:virtual_mailbox_maps",
                          "tcp:127.0.0.1:10042:virtual_alias_maps",
                          "socketmap:inet:127.0.0.1:10043",
                          "socketmap:unix:/var/spool/postfix/postmirror/maps"));
}

TEST(DefaultListenListTest, LeavesOutParametersThatAreNotDefined) {
  EXPECT_THAT(Texts(DefaultListenList({"virtual_alias_maps"})),
              ElementsAre("tcp:127.0.0.1:10042:virtual_alias_maps",
                          "socketmap:inet:127.0.0.1:10043",
                          "socketmap:unix:/var/spool/postfix/postmirror/maps"));
}

}  // namespace
}  // namespace postmirror
