#include "proxy/lookup/reply_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

constexpr uint64_t kMoment = 7;
constexpr size_t kAliases = 2;

class ReplyCacheTest : public ::testing::Test {
 protected:
  // "-" where nothing is kept, "NOTFOUND", or the value.
  std::string Find(absl::string_view key, uint64_t moment = kMoment,
                   size_t served = kAliases) const {
    std::string value = "left over";
    const auto outcome = cache_.Find(moment, served, key, &value);
    if (!outcome.has_value()) return "-";
    return *outcome == Outcome::kFound ? value : "NOTFOUND";
  }

  void Keep(absl::string_view key, Outcome outcome, absl::string_view value) {
    cache_.Keep(kMoment, kAliases, key, outcome, value);
  }

  ReplyCache cache_;
};

TEST_F(ReplyCacheTest, KnowsNothingAtFirst) {
  EXPECT_EQ(Find("info@example.org"), "-");
  EXPECT_EQ(Find(""), "-");
  EXPECT_EQ(Find("", 0, 0), "-");
}

TEST_F(ReplyCacheTest, AnswersWhatWasKept) {
  Keep("info@example.org", Outcome::kFound, "user@example.org");
  Keep("nobody@example.org", Outcome::kNotFound, "what is unspecified");
  EXPECT_EQ(Find("info@example.org"), "user@example.org");
  EXPECT_EQ(Find("nobody@example.org"), "NOTFOUND");
}

TEST_F(ReplyCacheTest, AnotherMomentKnowsNothing) {
  Keep("info@example.org", Outcome::kFound, "user@example.org");
  EXPECT_EQ(Find("info@example.org", kMoment + 1), "-");
  EXPECT_EQ(Find("info@example.org", kMoment - 1), "-");
  EXPECT_EQ(Find("info@example.org", 0), "-");
}

TEST_F(ReplyCacheTest, NothingIsKeptOfNoMoment) {
  cache_.Keep(0, kAliases, "info@example.org", Outcome::kNotFound, "");
  EXPECT_EQ(Find("info@example.org", 0), "-");
}

// So many that some have the same slot.
TEST_F(ReplyCacheTest, AnotherParameterKnowsNothing) {
  for (int i = 0; i < 40; ++i) {
    const std::string key = absl::StrCat("user", i, "@example.org");
    Keep(key, Outcome::kFound, "user@example.org");
    for (size_t served = kAliases + 1; served < 100000; ++served) {
      ASSERT_EQ(Find(key, kMoment, served), "-") << served;
    }
  }
}

TEST_F(ReplyCacheTest, WhatIsTemporaryIsNotKept) {
  Keep("info@example.org", Outcome::kTemporary, "why");
  EXPECT_EQ(Find("info@example.org"), "-");
}

// Not as "not found", which an empty value never is.
TEST_F(ReplyCacheTest, AnEmptyValueIsNotKept) {
  Keep("info@example.org", Outcome::kFound, "");
  EXPECT_EQ(Find("info@example.org"), "-");
}

TEST_F(ReplyCacheTest, KeepsWhatFitsAndNoMore) {
  const std::string key(100, 'k');
  Keep(key, Outcome::kFound, std::string(16, 'v'));
  EXPECT_EQ(Find(key), std::string(16, 'v'));
  Keep(key, Outcome::kFound, std::string(17, 'w'));
  EXPECT_EQ(Find(key), std::string(16, 'v'));
  Keep(std::string(1000, 'k'), Outcome::kNotFound, "");
  EXPECT_EQ(Find(std::string(1000, 'k')), "-");
}

// Far more keys than slots: an answer is right or missing.
TEST_F(ReplyCacheTest, OneKeyTakesThePlaceOfAnother) {
  constexpr int kKeys = 600000;
  for (int i = 0; i < kKeys; ++i) {
    Keep(absl::StrCat("user", i), Outcome::kFound, absl::StrCat("value", i));
  }
  int kept = 0;
  for (int i = 0; i < kKeys; ++i) {
    const std::string found = Find(absl::StrCat("user", i));
    if (found == "-") continue;
    ++kept;
    EXPECT_EQ(found, absl::StrCat("value", i));
  }
  EXPECT_GT(kept, 200000);
  EXPECT_LE(kept, 262144);
}

}  // namespace
}  // namespace postmirror
