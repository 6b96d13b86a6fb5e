// Checksums of what stands on disk, and short names for what is long (XXH3, 64
// bits). Not against forgery.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_DIGEST_H_
#define POSTMIRROR_SCHEMA_RUNTIME_DIGEST_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace postmirror {

// Do not change either: stored.
uint64_t Digest(absl::string_view bytes);

// The same as 16 hexadecimal digits.
std::string DigestText(absl::string_view bytes);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_DIGEST_H_
