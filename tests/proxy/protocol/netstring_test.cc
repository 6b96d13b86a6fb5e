#include "proxy/protocol/netstring.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

constexpr size_t kMaxBytes = 100;

// What is taken off `input`, as "[PAYLOAD]REST".
std::string Take(absl::string_view input) {
  absl::string_view payload;
  const absl::string_view whole = input;
  switch (TakeNetstring(kMaxBytes, &input, &payload)) {
    case Progress::kComplete:
      return absl::StrCat("[", payload, "]", input);
    case Progress::kIncomplete:
      EXPECT_EQ(input, whole) << "nothing is taken before it is complete";
      return "incomplete";
    case Progress::kBroken:
      return "broken";
  }
  return "";
}

TEST(NetstringTest, IsTakenOffTheFront) {
  EXPECT_EQ(Take("5:a b c,3:x y,"), "[a b c]3:x y,");
}

TEST(NetstringTest, MayBeEmpty) { EXPECT_EQ(Take("0:,"), "[]"); }

TEST(NetstringTest, MayHoldAnyByte) {
  EXPECT_EQ(Take("5:,:\n\r5,"), "[,:\n\r5]");
}

TEST(NetstringTest, WaitsForEveryByte) {
  constexpr absl::string_view kWhole = "12:hello world!,";
  for (size_t size = 0; size < kWhole.size(); ++size) {
    EXPECT_EQ(Take(kWhole.substr(0, size)), "incomplete") << size;
  }
}

TEST(NetstringTest, AcceptsLeadingZeros) {
  EXPECT_EQ(Take("0003:a b,"), "[a b]");
}

TEST(NetstringTest, RefusesEndlessLeadingZeros) {
  EXPECT_EQ(Take(std::string(21, '0')), "broken");
}

TEST(NetstringTest, RefusesALeadingSpace) {
  EXPECT_EQ(Take(" 3:a b,"), "broken");
}

TEST(NetstringTest, RefusesAMissingComma) {
  EXPECT_EQ(Take("3:a bc"), "broken");
  EXPECT_EQ(Take("3:a b\n"), "broken");
}

TEST(NetstringTest, RefusesAMissingLength) { EXPECT_EQ(Take(":,"), "broken"); }

TEST(NetstringTest, RefusesWhatIsNoLength) {
  for (const char* input :
       {"-1:x,", "+3:a b,", "0x3:a b,", "3 :a b,", "get a\n"}) {
    EXPECT_EQ(Take(input), "broken") << input;
  }
}

TEST(NetstringTest, RefusesAPayloadOverTheLimitBeforeItArrives) {
  EXPECT_EQ(Take("100:"), "incomplete");
  EXPECT_EQ(Take("101"), "broken");
  EXPECT_EQ(Take("99999999999999999999"), "broken");
}

TEST(NetstringTest, IsAppendedWithItsLength) {
  std::string output = "1:a,";
  AppendNetstring("OK ", "me@example.org", &output);
  EXPECT_EQ(output, "1:a,17:OK me@example.org,");
}

}  // namespace
}  // namespace postmirror
