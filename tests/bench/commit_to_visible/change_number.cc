#include "tests/bench/commit_to_visible/change_number.h"

#include <atomic>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"

namespace postmirror {
namespace {

constexpr char kPrefix[] = "change";
constexpr char kSuffix[] = "@mailboxes.test";

}  // namespace

int64_t NewChangeNumber() {
  // The wall clock begins above the numbers of an earlier program: nobody makes
  // a change each nanosecond.
  static std::atomic<int64_t> last_number(absl::GetCurrentTimeNanos());
  return ++last_number;
}

std::string DestinationOf(int64_t change_number) {
  return absl::StrCat(kPrefix, change_number, kSuffix);
}

int64_t ChangeNumberOf(absl::string_view destination) {
  int64_t number = 0;
  const bool ours = absl::ConsumePrefix(&destination, kPrefix) &&
                    absl::ConsumeSuffix(&destination, kSuffix) &&
                    absl::SimpleAtoi(destination, &number);
  return ours ? number : 0;
}

}  // namespace postmirror
