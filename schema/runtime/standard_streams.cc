#include "schema/runtime/standard_streams.h"

#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/printable.h"

namespace postmirror {

void HoldStandardStreams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // Gets the lowest number that is free.
    const int flags = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", flags) != stream) std::_Exit(EX_OSFILE);
  }
}

void PrintLine(absl::string_view line) { std::puts(Printable(line).c_str()); }

absl::Status FlushStandardOutput() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const int error = errno;
  if (flushed && std::ferror(stdout) == 0) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("standard output: not all of it could be written",
                   error == 0 ? "" : absl::StrCat(": ", ErrnoText(error))));
}

}  // namespace postmirror
