#include "schema/runtime/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

absl::StatusOr<CommandLine> Parse(std::vector<std::string> words) {
  words.insert(words.begin(), "postmirror-proxy");
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const absl::string_view extra[] = {"json", "exact"};
  return ParseCommandLine(static_cast<int>(words.size()), argv.data(), extra);
}

std::string Why(std::vector<std::string> words) {
  const absl::Status status = Parse(std::move(words)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  return std::string(status.message());
}

TEST(CommandLineTest, HasTheDefaults) {
  const absl::StatusOr<CommandLine> line = Parse({});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->config, "/etc/postmirror/postmirror.cf");
  EXPECT_FALSE(line->check);
  EXPECT_FALSE(line->help);
  EXPECT_FALSE(line->version);
  EXPECT_THAT(line->flags, IsEmpty());
  EXPECT_THAT(line->arguments, IsEmpty());
}

TEST(CommandLineTest, TakesTheConfigurationInBothSpellings) {
  EXPECT_EQ(Parse({"--config", "/a.cf"})->config, "/a.cf");
  EXPECT_EQ(Parse({"--config=/a.cf"})->config, "/a.cf");
}

TEST(CommandLineTest, TakesEachOption) {
  EXPECT_TRUE(Parse({"--check"})->check);
  EXPECT_TRUE(Parse({"--help"})->help);
  EXPECT_TRUE(Parse({"--version"})->version);
}

TEST(CommandLineTest, TakesTheExtraFlagsOfAProgram) {
  EXPECT_THAT(Parse({"--exact", "--json"})->flags,
              ElementsAre("exact", "json"));
}

TEST(CommandLineTest, KeepsArgumentsInOrderAroundOptions) {
  const absl::StatusOr<CommandLine> line =
      Parse({"lookup", "--exact", "maps", "key"});
  EXPECT_THAT(line->arguments, ElementsAre("lookup", "maps", "key"));
  EXPECT_THAT(line->flags, ElementsAre("exact"));
}

TEST(CommandLineTest, TakesEverythingBehindTwoDashesForArguments) {
  EXPECT_THAT(Parse({"--", "--check"})->arguments, ElementsAre("--check"));
}

TEST(CommandLineTest, ParsesAfreshEachTime) {
  EXPECT_TRUE(Parse({"--check"})->check);
  EXPECT_TRUE(Parse({"--check"})->check);
  EXPECT_FALSE(Parse({})->check);
}

TEST(CommandLineTest, RefusesAnUnknownOption) {
  EXPECT_THAT(Why({"--verbose"}), HasSubstr("option --verbose is unknown"));
  EXPECT_THAT(Why({"-v"}), HasSubstr("-v"));
}

TEST(CommandLineTest, RefusesAMissingArgument) {
  EXPECT_THAT(Why({"--config"}), HasSubstr("option --config "));
}

TEST(CommandLineTest, RefusesAnArgumentThatIsNotWanted) {
  EXPECT_THAT(Why({"--check=yes"}), HasSubstr("option --check=yes "));
}

}  // namespace
}  // namespace postmirror
