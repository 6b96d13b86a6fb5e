#include "proxy/lookup/wake_up_lookup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "schema/runtime/clock.h"
#include "tests/proxy/recording_logger.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr char kAliases[] = "/etc/postmirror/aliases.cf";
constexpr char kMailboxes[] = "/etc/postmirror/mailboxes.cf";

const size_t kAliasMaps = IndexOf(*FindParameter("virtual_alias_maps"));
const size_t kMailboxMaps = IndexOf(*FindParameter("virtual_mailbox_maps"));
const size_t kCanonicalMaps = IndexOf(*FindParameter("canonical_maps"));

std::shared_ptr<const Config> TwoParameters() {
  Config config;
  config.served = {
      {.parameter = FindParameter("virtual_alias_maps"), .maps = {kAliases}},
      {.parameter = FindParameter("virtual_mailbox_maps"),
       .maps = {kMailboxes}}};
  return std::make_shared<const Config>(std::move(config));
}

class WakeUpLookupTest : public ::testing::Test {
 protected:
  void Change(const Entries& aliases) {
    store_.Fill({{.name = kAliases, .values = aliases},
                 {.name = kMailboxes, .values = {{"user@b", "1"}}}});
  }

  void Fill(const Entries& aliases) {
    Change(aliases);
    EXPECT_TRUE(reader_.Refresh().ok());
  }

  // "TEMP", "NOTFOUND" or the value, in a wake-up of its own.
  std::string Look(absl::string_view key, size_t parameter = kAliasMaps) {
    std::string answer = LookHere(key, parameter);
    lookup_.End();
    return answer;
  }

  std::string LookHere(absl::string_view key, size_t parameter = kAliasMaps) {
    std::string value = "left over";
    const Outcome outcome = lookup_.Lookup(parameter, key, &value);
    if (outcome == Outcome::kTemporary) return "TEMP";
    return outcome == Outcome::kNotFound ? "NOTFOUND" : value;
  }

  TemporaryStore store_;
  StoreReader reader_{store_.path()};
  const SystemClock clock_;
  RecordingLogger logger_;
  WakeUpLookup lookup_{TwoParameters(), &reader_, &clock_, &logger_};
};

TEST_F(WakeUpLookupTest, AChangeIsSeenInTheNextWakeUp) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "a@example.org");
  EXPECT_EQ(Look("new@example.org"), "NOTFOUND");
  Change({{"new@example.org", "b@b"}});
  EXPECT_EQ(Look("info@example.org"), "NOTFOUND");
  EXPECT_EQ(Look("new@example.org"), "b@b");
}

TEST_F(WakeUpLookupTest, AWakeUpSeesOneMoment) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(LookHere("info@example.org"), "a@example.org");
  Change({{"new@example.org", "b@b"}});
  EXPECT_EQ(LookHere("info@example.org"), "a@example.org");
  EXPECT_EQ(LookHere("new@example.org"), "NOTFOUND");
  lookup_.End();
}

TEST_F(WakeUpLookupTest, ParametersHaveAnswersOfTheirOwn) {
  Fill({{"user@b", "a@example.org"}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Look("user@b", kAliasMaps), "a@example.org");
    EXPECT_EQ(Look("user@b", kMailboxMaps), "1");
    EXPECT_EQ(Look("nobody@b", kAliasMaps), "NOTFOUND");
    EXPECT_EQ(Look("nobody@b", kMailboxMaps), "NOTFOUND");
  }
}

TEST_F(WakeUpLookupTest, AParameterThatIsNotDefinedIsTemporary) {
  Fill({{"user@b", "a@example.org"}});
  EXPECT_EQ(Look("user@b", kCanonicalMaps), "TEMP");
  EXPECT_EQ(Look("nobody@b", kCanonicalMaps), "TEMP");
}

// Another environment may be at the same transaction.
TEST_F(WakeUpLookupTest, AReplacedStoreIsAskedAnew) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "a@example.org");
  std::filesystem::remove_all(store_.folder());
  Fill({{"info@example.org", "b@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "b@example.org");
}

TEST_F(WakeUpLookupTest, AStoreThatIsGoneIsTemporaryUntilItIsBack) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "a@example.org");
  std::filesystem::remove_all(store_.folder());
  EXPECT_FALSE(reader_.Refresh().ok());
  EXPECT_EQ(Look("info@example.org"), "TEMP");
  EXPECT_EQ(logger_.Take().size(), 1u);
  Fill({{"info@example.org", "b@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "b@example.org");
}

// The file is cut off under the mapping, between two lookups of one wake-up.
TEST_F(WakeUpLookupTest, WhatCannotBeReadIsTemporaryBesideWhatIsKept) {
  const Entries aliases = ManyEntries(5000, 50);
  Fill(aliases);
  const auto first = aliases.begin();
  const auto last = std::prev(aliases.end());
  EXPECT_EQ(LookHere(first->first), first->second);
  std::filesystem::resize_file(store_.data_file(), uintmax_t{3} * 4096);
  EXPECT_EQ(LookHere(first->first), first->second);
  EXPECT_EQ(LookHere(last->first), "TEMP");
  lookup_.End();
  EXPECT_EQ(Look(last->first), "TEMP");
}

}  // namespace
}  // namespace postmirror
