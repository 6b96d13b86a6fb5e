// Translates what the system and LMDB report, in one place: the code says what
// the caller does next, the message what the operator reads.
#ifndef POSTMIRROR_SCHEMA_STORE_STORE_ERROR_H_
#define POSTMIRROR_SCHEMA_STORE_STORE_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// Translates an errno: kResourceExhausted where there is no room,
// kPermissionDenied, else kUnavailable. `what` begins the message.
absl::Status SystemError(int error, absl::string_view what);

// The same for a file that OpenPlainFile did not open, or would not.
absl::Status PlainFileError(int error, absl::string_view what);

// Translates a code of LMDB, OK for MDB_SUCCESS:
//   kDataLoss            the file is damaged: set aside, fill again
//   kNotFound            MDB_NOTFOUND
//   kResourceExhausted   no room; a full disk is EIO as LMDB tells it
//   kPermissionDenied    modes, mounts
//   kInvalidArgument     the caller's key, which LMDB cannot hold or not there
//   kFailedPrecondition  another version of LMDB has the store open or wrote it
//   kUnavailable         the rest: open again, try again
absl::Status LmdbError(int code, absl::string_view what);

// Whether the store, as LMDB read it, does not fit into the map. No store grows
// so large: a meta page was damaged under us, which another opening will tell.
bool IsPastTheMap(int code);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_STORE_ERROR_H_
