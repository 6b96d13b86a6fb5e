#include "schema/runtime/host_header.h"

#include <gtest/gtest.h>

#include <string>

namespace postmirror {
namespace {

// A machine whose resolver says what the test wants.
class OwnNamesTest : public ::testing::Test {
 protected:
  bool Has(const std::string& header) { return names_.Contains(header); }

  std::string name_ = "mx1";
  std::string full_name_ = "mx1.example.org";
  absl::Time now_ = absl::UnixEpoch();
  int questions_ = 0;
  OwnNames names_{"metrics.example.net:9940",
                  {.name = [this] { return name_; },
                   .full_name =
                       [this](const std::string& /*name*/) {
                         ++questions_;
                         return full_name_;
                       },
                   .now = [this] { return now_; }}};
};

TEST_F(OwnNamesTest, AnAddressIsOurs) {
  for (const char* host : {"127.0.0.1", "192.0.2.1:9940", "[::1]", "[::1]:80",
                           "[2001:db8::1]:9940"}) {
    EXPECT_TRUE(Has(host)) << host;
  }
  EXPECT_EQ(questions_, 0);
}

TEST_F(OwnNamesTest, SoAreTheConfiguredNameAndLocalhost) {
  EXPECT_TRUE(Has("Metrics.example.net:1"));
  EXPECT_TRUE(Has("LOCALHOST"));
  EXPECT_EQ(questions_, 0);
}

TEST_F(OwnNamesTest, SoIsTheMachine) {
  EXPECT_TRUE(Has("MX1:9940"));
  EXPECT_EQ(questions_, 0);
  EXPECT_TRUE(Has("mx1.Example.org:9940"));
}

// As many mail servers are named.
TEST_F(OwnNamesTest, TheFirstLabelOfAFullNameIsOurs) {
  name_ = "mx1.example.org";
  EXPECT_TRUE(Has("mx1:9940"));
  EXPECT_TRUE(Has("mx1.example.org:9940"));
  EXPECT_EQ(questions_, 0);
  EXPECT_FALSE(Has("mx1.example"));
}

TEST_F(OwnNamesTest, TheResolverMayKnowAnotherFullName) {
  name_ = "mx1.internal";
  EXPECT_TRUE(Has("mx1.example.org"));
}

TEST_F(OwnNamesTest, NothingElseIs) {
  for (const char* host :
       {"", "attacker.test", "127.0.0.1.attacker.test", "mx", "mx10",
        "localhost.attacker.test", "metrics.example.net.attacker.test",
        "[::1].attacker.test", "[::1]attacker.test:80", "[::1", "[", "[]"}) {
    EXPECT_FALSE(Has(host)) << host;
  }
  EXPECT_EQ(questions_, 0) << "the resolver may be slow";
  EXPECT_FALSE(Has("mx1.attacker.test"));
  EXPECT_FALSE(Has("mx1.example.org.attacker.test"));
}

TEST_F(OwnNamesTest, TheResolverIsAskedOnce) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(Has("mx1.attacker.test"));
    EXPECT_TRUE(Has("mx1.example.org"));
    now_ += absl::Hours(1);
  }
  EXPECT_EQ(questions_, 1);
}

TEST_F(OwnNamesTest, AnswersOfNothingAreAskedForAgainOnceAMinute) {
  full_name_ = "";
  EXPECT_FALSE(Has("mx1.example.org"));
  full_name_ = "mx1.example.org";
  now_ += absl::Seconds(59);
  EXPECT_FALSE(Has("mx1.example.org"));
  EXPECT_EQ(questions_, 1);
  now_ += absl::Seconds(1);
  EXPECT_TRUE(Has("mx1.example.org"));
  EXPECT_EQ(questions_, 2);
}

TEST_F(OwnNamesTest, ARenamedMachineIsKnownByItsNewName) {
  EXPECT_TRUE(Has("mx1.example.org"));
  name_ = "mx2";
  full_name_ = "mx2.example.org";
  EXPECT_TRUE(Has("mx2"));
  EXPECT_TRUE(Has("mx2.example.org"));
  EXPECT_FALSE(Has("mx1.example.org"));
}

}  // namespace
}  // namespace postmirror
