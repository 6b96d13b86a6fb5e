#include "schema/runtime/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace postmirror {
namespace {

TEST(PrintableTest, TextStaysAsItIs) {
  EXPECT_EQ(Printable(""), "");
  EXPECT_EQ(Printable("key 'a\\b' \"c\""), "key 'a\\b' \"c\"");
  EXPECT_EQ(Printable("Gr\u00FC\u00DFe \u4F60 \U0001F4EC"),
            "Gr\u00FC\u00DFe \u4F60 \U0001F4EC");
}

TEST(PrintableTest, WhatATerminalWouldObeyIsEscaped) {
  EXPECT_EQ(Printable("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(Printable("\x1b]0;title\x07"), "\\x1b]0;title\\x07");
  EXPECT_EQ(Printable(std::string("a\0b\x7f", 4)), "a\\x00b\\x7f");
  // CSI as one character, and as one byte.
  EXPECT_EQ(Printable("\u009B2J"), "\\xc2\\x9b2J");
  EXPECT_EQ(Printable("\x9b"), "\\x9b");
}

TEST(PrintableTest, WhatIsNotUtf8IsEscaped) {
  EXPECT_EQ(Printable("a\xfc"), "a\\xfc");
  EXPECT_EQ(Printable("\xc1\x9bz"), "\\xc1\\x9bz");  // ESC, were it taken
  EXPECT_EQ(Printable("\xe4\xbd"), "\\xe4\\xbd");
}

}  // namespace
}  // namespace postmirror
