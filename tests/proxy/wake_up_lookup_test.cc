#include "proxy/wake_up_lookup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "schema/runtime/clock.h"
#include "tests/proxy/recording_logger.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr char kAliases[] = "/etc/postmirror/aliases.cf";

Config AliasesConfig() {
  Config config;
  config.served = {
      {.parameter = FindParameter("virtual_alias_maps"), .maps = {kAliases}}};
  return config;
}

class WakeUpLookupTest : public ::testing::Test {
 protected:
  void Fill(const Entries& aliases) {
    store_.Fill({{.name = kAliases, .values = aliases}});
    EXPECT_TRUE(reader_.Refresh().ok());
  }

  // "TEMP", "NOTFOUND" or the value, in a wake-up of its own.
  std::string Look(absl::string_view key) {
    std::string answer = LookHere(key);
    lookup_.End();
    return answer;
  }

  std::string LookHere(absl::string_view key) {
    std::string value = "left over";
    const Outcome outcome = lookup_.Lookup(0, key, &value);
    if (outcome == Outcome::kTemporary) return "TEMP";
    return outcome == Outcome::kNotFound ? "NOTFOUND" : value;
  }

  TemporaryStore store_;
  const Config config_ = AliasesConfig();
  StoreReader reader_{store_.path()};
  const SystemClock clock_;
  RecordingLogger logger_;
  WakeUpLookup lookup_{config_, &reader_, &clock_, &logger_};
};

TEST_F(WakeUpLookupTest, AChangeIsSeenInTheNextWakeUp) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "a@example.org");
  EXPECT_EQ(Look("new@example.org"), "NOTFOUND");
  store_.Fill({{.name = kAliases, .values = {{"new@example.org", "b@b"}}}});
  EXPECT_EQ(Look("info@example.org"), "NOTFOUND");
  EXPECT_EQ(Look("new@example.org"), "b@b");
}

TEST_F(WakeUpLookupTest, AWakeUpSeesOneMoment) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(LookHere("info@example.org"), "a@example.org");
  store_.Fill({{.name = kAliases, .values = {{"new@example.org", "b@b"}}}});
  EXPECT_EQ(LookHere("info@example.org"), "a@example.org");
  EXPECT_EQ(LookHere("new@example.org"), "NOTFOUND");
  lookup_.End();
}

// Another environment may be at the same transaction.
TEST_F(WakeUpLookupTest, AReplacedStoreIsAskedAnew) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "a@example.org");
  std::filesystem::remove_all(store_.folder());
  Fill({{"info@example.org", "b@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "b@example.org");
}

TEST_F(WakeUpLookupTest, AStoreThatIsGoneIsTemporary) {
  Fill({{"info@example.org", "a@example.org"}});
  EXPECT_EQ(Look("info@example.org"), "a@example.org");
  std::filesystem::remove_all(store_.folder());
  EXPECT_FALSE(reader_.Refresh().ok());
  EXPECT_EQ(Look("info@example.org"), "TEMP");
  EXPECT_EQ(logger_.Take().size(), 1u);
}

}  // namespace
}  // namespace postmirror
