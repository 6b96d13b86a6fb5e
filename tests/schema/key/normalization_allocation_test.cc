// Counts what is allocated in this test program, to show that a printable ASCII
// key costs no memory.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/key/normalization.h"

namespace {
std::atomic<size_t> allocations{0};
}  // namespace

void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}
// Else the library's own one, whose memory our delete must not be given.
void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return operator new(size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

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
  const size_t before = allocations;
  for (int i = 0; i < 100; ++i) run();
  EXPECT_EQ(allocations, before);
  EXPECT_GT(before, 0u);
}

}  // namespace
}  // namespace postmirror
