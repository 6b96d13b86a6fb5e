#include "sync/server_id.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"
#include "sync/small_file.h"

namespace postmirror {
namespace {

constexpr uint32_t kUpperHalf = 0x80000000;

}  // namespace

uint32_t DerivedServerId(absl::string_view store) {
  // A machine without the file has its store's number.
  const std::string machine = ReadSmallFile("/etc/machine-id").value_or("");
  return kUpperHalf |
         static_cast<uint32_t>(Digest(absl::StrCat(machine, store)));
}

uint32_t RandomServerId() {
  return kUpperHalf | static_cast<uint32_t>(std::random_device()());
}

}  // namespace postmirror
