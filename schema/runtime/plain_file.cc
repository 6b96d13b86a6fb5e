#include "schema/runtime/plain_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "schema/runtime/errno_status.h"

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

std::string PlainFileErrorText(int error) {
  if (error == ELOOP) return "a link, or no regular file, is in its place";
  return ErrnoText(error);
}

}  // namespace postmirror
