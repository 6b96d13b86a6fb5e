// Opens files in a folder that another user may fill.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_PLAIN_FILE_H_
#define POSTMIRROR_SCHEMA_RUNTIME_PLAIN_FILE_H_

#include <sys/types.h>

#include <string>

#include "schema/runtime/file_descriptor.h"

namespace postmirror {

// As open(2), with O_CLOEXEC, for a regular file alone: it follows no symbolic
// link in the last part of the path, and does not wait for the writer of a
// FIFO. Without a descriptor errno says why, ELOOP for what is no regular file.
FileDescriptor OpenPlainFile(const std::string& path, int flags,
                             mode_t mode = 0);

// Why OpenPlainFile did not open it, by what it left in errno.
std::string PlainFileErrorText(int error);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_PLAIN_FILE_H_
