#include "schema/runtime/digest.h"

#include <xxhash.h>

#include "absl/strings/str_cat.h"

namespace postmirror {

uint64_t Digest(absl::string_view bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::string DigestText(absl::string_view bytes) {
  return absl::StrCat(absl::Hex(Digest(bytes), absl::kZeroPad16));
}

}  // namespace postmirror
