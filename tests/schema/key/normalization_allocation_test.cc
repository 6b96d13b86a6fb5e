// Counts what is allocated in this test program, to show that a printable ASCII
// key costs no memory.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/key/normalization.h"
#include "tests/support/allocation_count.h"

namespace postmirror {
namespace {

TEST(NormalizationAllocationTest, APrintableAsciiKeyAllocatesNothing) {
  const Normalization normalization(
      true, std::make_shared<const CollationTable>(
                CollationRules{.name = "sample",
                               .ranges = {{'A', 'A', "a"}, {0xE9, 0xE9, "e"}},
                               .sequences = {{"l\u00B7", "L"}}}));
  std::string form;
  const auto run = [&] {
    for (absl::string_view key :
         {"Someone+extension@a-rather-long-domain.example.org   ", "    ",
          "a-rather-long-domain.example.org"}) {
      EXPECT_EQ(normalization.NormalizeKey(key, &form), KeyKind::kExact);
    }
  };
  run();
  const size_t before = AllocationCount();
  for (int i = 0; i < 100; ++i) run();
  EXPECT_EQ(AllocationCount(), before);
}

}  // namespace
}  // namespace postmirror
