#include "schema/runtime/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace postmirror {

FileDescriptor OpenPlainFile(const std::string& path, int flags, mode_t mode) {
  FileDescriptor file(
      open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode));
  struct stat facts = {};
  if (!file.open()) {
    // A FIFO that nobody reads, a socket.
    if (errno == ENXIO) errno = ELOOP;
    return file;
  }
  if (fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    file.Close();
    errno = ELOOP;
  }
  return file;
}

}  // namespace postmirror
