#include "schema/config/domain_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DomainListTest : public ::testing::Test {
 protected:
  std::vector<std::string> Domains(const std::string& value) {
    return ParseDomainList({"domain", value, 3}, &errors_);
  }

  CfErrors errors_{"f.cf"};
};

TEST_F(DomainListTest, IsInLowerCaseAndInOrder) {
  EXPECT_THAT(Domains("b.Example.ORG, a.org c.org"),
              ElementsAre("b.example.org", "a.org", "c.org"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(DomainListTest, MayBeEmpty) {
  EXPECT_THAT(Domains(""), IsEmpty());
  EXPECT_TRUE(errors_.empty());
}

TEST_F(DomainListTest, TakesAnAddressInBrackets) {
  EXPECT_THAT(Domains("[::1] [127.0.0.1]"),
              ElementsAre("[::1]", "[127.0.0.1]"));
}

TEST_F(DomainListTest, RefusesFiles) {
  EXPECT_THAT(Domains("a.org /etc/mailname"), ElementsAre("a.org"));
  EXPECT_THAT(
      errors_.Lines(),
      ElementsAre("f.cf:3: domain: \"/etc/mailname\" is a file, which is not "
                  "read here, write the domains that it holds"));
}

TEST_F(DomainListTest, RefusesLookupTables) {
  Domains("hash:/etc/postfix/domains");
  EXPECT_THAT(
      errors_.Lines(),
      ElementsAre("f.cf:3: domain: \"hash:/etc/postfix/domains\" is a lookup "
                  "table, which is not asked here, write the domains that it "
                  "holds"));
}

TEST_F(DomainListTest, RefusesNegations) {
  Domains("!a.org, !/etc/file");
  EXPECT_THAT(
      errors_.Lines(),
      ElementsAre(
          "f.cf:3: domain: \"!a.org\" is a negation, and only names are "
          "compared here, leave it out and list the domains that remain",
          "f.cf:3: domain: \"!/etc/file\" is a negation, and only names "
          "are compared here, leave it out and list the domains that "
          "remain"));
}

}  // namespace
}  // namespace postmirror
