#include "schema/config/cf_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::StatusOr<absl::Duration> AnyTime(absl::string_view text) {
  return ParseTime(text, absl::ZeroDuration(), absl::Hours(24 * 365));
}

TEST(ParseTimeTest, TakesSecondsWithoutAUnit) {
  EXPECT_EQ(*AnyTime("5"), absl::Seconds(5));
}

TEST(ParseTimeTest, TakesTheUnitsOfPostfix) {
  EXPECT_EQ(*AnyTime("5s"), absl::Seconds(5));
  EXPECT_EQ(*AnyTime("5m"), absl::Minutes(5));
  EXPECT_EQ(*AnyTime("5h"), absl::Hours(5));
  EXPECT_EQ(*AnyTime("5d"), absl::Hours(5 * 24));
  EXPECT_EQ(*AnyTime("5w"), absl::Hours(5 * 7 * 24));
}

TEST(ParseTimeTest, TakesMilliseconds) {
  EXPECT_EQ(*AnyTime("50ms"), absl::Milliseconds(50));
}

TEST(ParseTimeTest, RefusesWhatIsNoTime) {
  for (const char* text : {"", "s", "-1s", "+1s", "1.5s", "1 s", "1x", "1sm",
                           "1h30m", "five", "99999999999999999999s"}) {
    EXPECT_EQ(AnyTime(text).status(),
              absl::InvalidArgumentError("is not a time, write a whole number "
                                         "with ms, s, m, h, d or w behind it"))
        << text;
  }
}

TEST(ParseTimeTest, IncludesBothEndsOfItsRange) {
  const auto parse = [](absl::string_view text) {
    return ParseTime(text, absl::Seconds(1), absl::Hours(1));
  };
  EXPECT_EQ(*parse("1s"), absl::Seconds(1));
  EXPECT_EQ(*parse("1h"), absl::Hours(1));
  const absl::Status out =
      absl::InvalidArgumentError("is out of range, write a time from 1s to 1h");
  EXPECT_EQ(parse("999ms").status(), out);
  EXPECT_EQ(parse("3601s").status(), out);
  EXPECT_EQ(parse("9000000000000000000w").status(), out);
}

absl::StatusOr<uint64_t> AnySize(absl::string_view text) {
  return ParseSize(text, 0, std::numeric_limits<uint64_t>::max());
}

TEST(ParseSizeTest, TakesBytesAndTimes1024) {
  EXPECT_EQ(*AnySize("0"), 0U);
  EXPECT_EQ(*AnySize("1000"), 1000U);
  EXPECT_EQ(*AnySize("3K"), 3072U);
  EXPECT_EQ(*AnySize("3m"), 3U << 20);
  EXPECT_EQ(*AnySize("3G"), uint64_t{3} << 30);
}

TEST(ParseSizeTest, RefusesWhatIsNoSize) {
  for (const char* text :
       {"", "M", "-1", "1.5G", "1 G", "1T", "1MB", "99999999999999999999"}) {
    EXPECT_EQ(AnySize(text).status(),
              absl::InvalidArgumentError(
                  "is not a size, write a whole number of bytes, or one with "
                  "K, M or G behind it"))
        << text;
  }
}

TEST(ParseSizeTest, IncludesBothEndsOfItsRange) {
  const auto parse = [](absl::string_view text) {
    return ParseSize(text, 1 << 20, uint64_t{3} << 30);
  };
  EXPECT_EQ(*parse("1024K"), 1U << 20);
  EXPECT_EQ(*parse("3G"), uint64_t{3} << 30);
  const absl::Status out =
      absl::InvalidArgumentError("is out of range, write a size from 1M to 3G");
  EXPECT_EQ(parse("1023K").status(), out);
  EXPECT_EQ(parse("3073M").status(), out);
  EXPECT_EQ(parse("18014398509481985G").status(), out);
}

TEST(FormatSizeTest, WritesWhatParseSizeReads) {
  for (const char* text :
       {"0", "1", "1023", "1K", "1025", "16M", "2G", "1024G"})
    EXPECT_EQ(FormatSize(*AnySize(text)), text);
}

TEST(ParseYesNoTest, TakesBothWhateverTheCase) {
  EXPECT_EQ(*ParseYesNo("yes"), true);
  EXPECT_EQ(*ParseYesNo("YES"), true);
  EXPECT_EQ(*ParseYesNo("no"), false);
  EXPECT_EQ(*ParseYesNo("No"), false);
}

TEST(ParseYesNoTest, RefusesTheRest) {
  for (const char* text : {"", "y", "true", "1", "yes no"}) {
    EXPECT_EQ(
        ParseYesNo(text).status(),
        absl::InvalidArgumentError("is neither yes nor no, write one of them"))
        << text;
  }
}

TEST(ParsePercentTest, IsAPartOfOne) {
  EXPECT_EQ(*ParsePercent("50%"), 0.5);
  EXPECT_EQ(*ParsePercent("0%"), 0.0);
  EXPECT_EQ(*ParsePercent("100%"), 1.0);
  EXPECT_EQ(*ParsePercent("12.5%"), 0.125);
}

TEST(ParsePercentTest, RefusesTheRest) {
  for (const char* text : {"", "%", "50", "0.5", "101%", "-1%", "1e1%", "inf%",
                           "nan%", "0x10%", ".5%", "5%%", "1.2.3%", "50 %"}) {
    EXPECT_EQ(ParsePercent(text).status(),
              absl::InvalidArgumentError(
                  "is not a percentage, write one from 0% to 100%"))
        << text;
  }
}

TEST(ParseIntegerTest, IncludesBothEndsOfItsRange) {
  EXPECT_EQ(*ParseInteger("1", 1, 64), 1);
  EXPECT_EQ(*ParseInteger("64", 1, 64), 64);
  EXPECT_EQ(*ParseInteger("-5", -5, 64), -5);
}

TEST(ParseIntegerTest, RefusesTheRest) {
  for (const char* text :
       {"", "0", "65", "1.0", "0x1", "one", "99999999999999999999"}) {
    EXPECT_EQ(ParseInteger(text, 1, 64).status(),
              absl::InvalidArgumentError(
                  "is not a whole number from 1 to 64, write one"))
        << text;
  }
}

TEST(ParseModeTest, TakesOctalDigits) {
  EXPECT_EQ(*ParseMode("0660"), 0660U);
  EXPECT_EQ(*ParseMode("777"), 0777U);
  EXPECT_EQ(*ParseMode("000"), 0U);
}

TEST(ParseModeTest, RefusesTheRest) {
  for (const char* text : {"", "66", "0668", "1777", "06600", "rw-", "0x66"}) {
    EXPECT_EQ(ParseMode(text).status(),
              absl::InvalidArgumentError("is not the mode of a file, write "
                                         "octal digits, as in 0660"))
        << text;
  }
}

TEST(CheckAbsolutePathTest, WantsASlashInFront) {
  EXPECT_TRUE(CheckAbsolutePath("/a").ok());
  for (const char* text : {"", "a", "./a", "~/a"}) {
    EXPECT_EQ(
        CheckAbsolutePath(text),
        absl::InvalidArgumentError(
            "is a relative path, which depends on where a program was started, "
            "write one that begins with /"))
        << text;
  }
}

TEST(SplitListTest, SplitsAtCommasAndWhiteSpace) {
  EXPECT_THAT(SplitList("a, b,c\td  e ,, f\r"),
              ElementsAre("a", "b", "c", "d", "e", "f"));
}

TEST(SplitListTest, IsEmptyWithoutElements) {
  EXPECT_THAT(SplitList(""), IsEmpty());
  EXPECT_THAT(SplitList(" , "), IsEmpty());
}

}  // namespace
}  // namespace postmirror
