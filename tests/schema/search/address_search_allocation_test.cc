// Counts what is allocated in this test program, to show that a search that has
// warmed up allocates nothing.
#include <gtest/gtest.h>

#include <string>

#include "schema/config/parameter.h"
#include "schema/search/address_search.h"
#include "tests/support/allocation_count.h"

namespace postmirror {
namespace {

TEST(AddressSearchAllocationTest, AWarmSearchAllocatesNothing) {
  SearchSettings settings;
  settings.recipient_delimiter = "+";
  settings.local_domains = {"a-rather-long-domain.example.org"};
  AddressSearch search(settings, *FindParameter("virtual_alias_maps"));
  const auto lookup = [](size_t, absl::string_view key, std::string* value) {
    if (key.substr(0, 6) != "found@" && key.substr(0, 7) != "\"f d\"@") {
      return Outcome::kNotFound;
    }
    *value = "someone-with-a-long-name@example.org, \"an other\"@example.org";
    return Outcome::kFound;
  };
  std::string value;
  const auto run = [&] {
    for (absl::string_view key :
         {"found+extension@a-rather-long-domain.example.org",
          "\"f d+extension\"@a-rather-long-domain.example.org",
          "lost+extension@a-rather-long-domain.example.org"}) {
      search.Run(key, 2, lookup, &value);
    }
  };
  // Values and buffers change places, so that each must have grown once.
  for (int i = 0; i < 4; ++i) run();
  const size_t before = AllocationCount();
  for (int i = 0; i < 100; ++i) run();
  EXPECT_EQ(AllocationCount(), before);
}

}  // namespace
}  // namespace postmirror
