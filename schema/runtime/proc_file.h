// Reads what the kernel tells in a file.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_PROC_FILE_H_
#define POSTMIRROR_SCHEMA_RUNTIME_PROC_FILE_H_

#include <string>

namespace postmirror {

// All of a file of proc(5), which tells no size; empty where it cannot be read.
std::string ReadProcFile(const char* path);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_PROC_FILE_H_
