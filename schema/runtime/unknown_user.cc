#include "schema/runtime/unknown_user.h"

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "schema/runtime/proc_file.h"

namespace postmirror {
namespace {

constexpr uint64_t kAllUsers = 4294967295;       // user_namespaces(7)
constexpr uint32_t kDefaultOverflowUid = 65534;  // proc(5)

}  // namespace

std::optional<uint32_t> ReadUnknownUser() {
  return UnknownUser(ReadProcFile("/proc/self/uid_map"),
                     ReadProcFile("/proc/sys/kernel/overflowuid"));
}

std::optional<uint32_t> UnknownUser(absl::string_view uid_map,
                                    absl::string_view overflow_uid) {
  const std::vector<absl::string_view> numbers =
      absl::StrSplit(uid_map, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  // Without /proc nothing is known, and a user "nobody" is served.
  if (numbers.empty()) return std::nullopt;
  uint64_t count = 0;
  if (numbers.size() == 3 && numbers[0] == numbers[1] &&
      absl::SimpleAtoi(numbers[2], &count) && count >= kAllUsers) {
    return std::nullopt;
  }
  uint32_t uid = 0;
  return absl::SimpleAtoi(overflow_uid, &uid) ? uid : kDefaultOverflowUid;
}

}  // namespace postmirror
