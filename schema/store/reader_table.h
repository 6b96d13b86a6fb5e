// LMDB's table of readers, which is in lock.mdb: who reads which commit. What a
// reader reads is not overwritten, so that one that stays makes the store grow.
#ifndef POSTMIRROR_SCHEMA_STORE_READER_TABLE_H_
#define POSTMIRROR_SCHEMA_STORE_READER_TABLE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

struct MDB_env;

namespace postmirror {

struct ReaderSlot {
  pid_t pid = 0;  // as its own PID namespace counts
  uint64_t thread = 0;
  std::optional<uint64_t> commit;  // what it reads; nothing: it is idle

  friend bool operator==(const ReaderSlot&, const ReaderSlot&) = default;
};

// The slots that are taken. REQUIRES: called inside SurvivesFault.
std::vector<ReaderSlot> ReadReaderTable(MDB_env* environment);

// Whether a slot has the number of this process. REQUIRES: the same.
bool HasOwnSlots(MDB_env* environment);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_READER_TABLE_H_
