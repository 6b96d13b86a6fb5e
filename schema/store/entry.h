// The bytes of one entry: what a map's sub-database holds for a normalized key.
// Do not change: stored.
#ifndef POSTMIRROR_SCHEMA_STORE_ENTRY_H_
#define POSTMIRROR_SCHEMA_STORE_ENTRY_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace postmirror {

// The longest key that LMDB holds (MDB_MAXKEYSIZE of Debian's build).
inline constexpr size_t kMaxKeyBytes = 511;

// No lookup is answered with a longer entry: no protocol has room for it, and
// the length that a damaged page tells is to cost no such memory.
inline constexpr size_t kMaxEntryBytes = size_t{16} << 20;

// The first byte of an entry. After kValueTag comes the value, never empty, as
// a mysql: map would have returned it; kTemporaryTag stands alone and makes the
// lookup temporary, as mysql: does where expansion_limit is exceeded.
inline constexpr char kValueTag = '=';
inline constexpr char kTemporaryTag = '!';

inline constexpr absl::string_view kTemporaryEntry("!", 1);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_ENTRY_H_
