#include "schema/config/cf_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::ElementsAre;

TEST(CfErrorsTest, AreOkWhileThereAreNone) {
  const CfErrors errors("f.cf");
  EXPECT_TRUE(errors.empty());
  EXPECT_TRUE(errors.ToStatus().ok());
}

TEST(CfErrorsTest, StandInTheOrderOfTheFile) {
  CfErrors errors("f.cf");
  errors.Add(7, "late");
  errors.Add(2, "early");
  errors.Add(7, "later");
  EXPECT_THAT(errors.Lines(),
              ElementsAre("f.cf:2: early", "f.cf:7: late", "f.cf:7: later"));
}

TEST(CfErrorsTest, AreAnInvalidArgumentOfOneLineEach) {
  CfErrors errors("f.cf");
  errors.Add(1, "a");
  errors.Add(2, "b");
  EXPECT_EQ(errors.ToStatus(),
            absl::InvalidArgumentError("f.cf:1: a\nf.cf:2: b"));
}

TEST(QuotedTest, KeepsAMessageOneLine) {
  EXPECT_EQ(Quoted("a\nb\"c"), R"("a\nb\"c")");
}

TEST(QuotedTest, KeepsUtf8) { EXPECT_EQ(Quoted("müller"), "\"müller\""); }

TEST(QuotedTest, CutsAfter100Bytes) {
  EXPECT_EQ(Quoted(std::string(100, 'x')), "\"" + std::string(100, 'x') + "\"");
  EXPECT_EQ(Quoted(std::string(101, 'x')),
            "\"" + std::string(100, 'x') + "...\"");
}

}  // namespace
}  // namespace postmirror
