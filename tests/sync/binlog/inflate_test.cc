#include "sync/binlog/inflate.h"

#include <gtest/gtest.h>

#include "tests/sync/binlog/event_builder.h"

namespace postmirror {
namespace {

TEST(InflateTest, GivesBackWhatWasDeflated) {
  const std::string text(1000, 'x');
  EXPECT_EQ(Inflate(Deflate(text), 1000), text);
}

TEST(InflateTest, RefusesMoreThanTheBound) {
  EXPECT_EQ(Inflate(Deflate(std::string(1000, 'x')), 999), std::nullopt);
}

TEST(InflateTest, RefusesALengthThatIsALie) {
  std::string bytes = Deflate(std::string(1000, 'x'));
  for (const char wrong : {char{0}, char{1}, char{4}, char{127}}) {
    bytes[1] = wrong;
    EXPECT_EQ(Inflate(bytes, size_t{1} << 20), std::nullopt) << int{wrong};
  }
  EXPECT_EQ(Inflate("\x84\xff\xff\xff\xff garbage", SIZE_MAX), std::nullopt);
}

TEST(InflateTest, RefusesMoreOrFewerBytes) {
  const std::string bytes = Deflate(std::string(1000, 'x'));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(Inflate(bytes.substr(0, size), 1000), std::nullopt) << size;
  }
  EXPECT_EQ(Inflate(bytes + "x", 1000), std::nullopt);
}

TEST(InflateTest, RefusesOtherAlgorithms) {
  std::string bytes = Deflate("x");
  for (const char head : {'\x02', '\x92', '\x80', '\x85'}) {
    bytes[0] = head;
    EXPECT_EQ(Inflate(bytes, 1000), std::nullopt) << int{head};
  }
}

}  // namespace
}  // namespace postmirror
