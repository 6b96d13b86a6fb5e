#include "schema/store/store_error.h"

#include <errno.h>
#include <lmdb.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/plain_file.h"

namespace postmirror {
namespace {

absl::Status OfErrno(int error, const std::string& message) {
  switch (error) {
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case EDQUOT:
    case EFBIG:
    case EIO:
    case ENOSPC:
      return absl::ResourceExhaustedError(message);
    default:
      return absl::UnavailableError(message);
  }
}

}  // namespace

absl::Status SystemError(int error, absl::string_view what) {
  return OfErrno(error, absl::StrCat(what, ": ", ErrnoText(error)));
}

absl::Status PlainFileError(int error, absl::string_view what) {
  return OfErrno(error, absl::StrCat(what, ": ", PlainFileErrorText(error)));
}

absl::Status LmdbError(int code, absl::string_view what) {
  if (code == MDB_SUCCESS) return absl::OkStatus();
  const std::string message = absl::StrCat(what, ": ", mdb_strerror(code));
  switch (code) {
    case MDB_NOTFOUND:
      return absl::NotFoundError(message);
    case MDB_CORRUPTED:
    case MDB_CURSOR_FULL:  // pages that point in a circle
    case MDB_INCOMPATIBLE:
    case MDB_INVALID:
    case MDB_PAGE_NOTFOUND:
      return absl::DataLossError(message);
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
      return absl::ResourceExhaustedError(message);
    case MDB_BAD_VALSIZE:
    case MDB_KEYEXIST:
      return absl::InvalidArgumentError(message);
    case MDB_VERSION_MISMATCH:
      // Also said of a lock file that a running program of another version
      // holds: no reason to set a good store aside.
      return absl::FailedPreconditionError(message);
    default:
      // MDB_PANIC is here: the meta page could not be written, but the store on
      // disk is good as it was.
      return code > 0 ? SystemError(code, what)
                      : absl::UnavailableError(message);
  }
}

bool IsPastTheMap(int code) {
  return code == MDB_MAP_RESIZED || code == MDB_MAP_FULL;
}

}  // namespace postmirror
