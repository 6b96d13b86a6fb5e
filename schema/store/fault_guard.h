// Lets a read of mapped memory fail instead of killing the program. A memory
// map turns an unreadable disk block, or a file that was cut off, into SIGBUS,
// and LMDB turns a page it cannot believe into a failed assertion: both would
// end a proxy that promised to answer TEMP.
#ifndef POSTMIRROR_SCHEMA_STORE_FAULT_GUARD_H_
#define POSTMIRROR_SCHEMA_STORE_FAULT_GUARD_H_

#include <cstddef>

#include "absl/functional/function_ref.h"

struct MDB_env;

namespace postmirror {

// Runs `access` and returns true; returns false if it met SIGBUS or an
// assertion of a guarded environment. `access` is then left in its middle,
// without destructors: it must call nothing but LMDB and copy bytes. A mutex
// that LMDB held stays held (Environment::Abandon). May be nested; any thread
// may call, once GuardAssertions was called.
//
//   int code = 0;
//   if (!SurvivesFault([&] { code = mdb_get(txn, dbi, &key, &value); })) ...
bool SurvivesFault(absl::FunctionRef<void()> access);

// Makes failed assertions of `environment` end in the guard, and the program
// take SIGBUS. To be called once after mdb_env_create.
void GuardAssertions(MDB_env* environment);

// From now on a death by SIGSEGV or SIGABRT within the guard, or while
// something is written, is counted in the first byte of `file`, which must stay
// open: what LMDB does with a page that is damaged need not be anything that
// can be survived, and may show after it has returned. A signal that another
// process sent ends this one, and is not counted. -1: no file.
void CountDeaths(int file);
void NoteWriting(bool writes);

// Reads a byte of each page of these bytes, so that a fault strikes here, in
// the guard, rather than at the bytes' user: LMDB hands out a long value
// without having looked at it.
void TouchPages(const void* bytes, size_t size);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_FAULT_GUARD_H_
