// Which file it is, whatever its name.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_FILE_ID_H_
#define POSTMIRROR_SCHEMA_RUNTIME_FILE_ID_H_

#include <sys/stat.h>
#include <sys/types.h>

namespace postmirror {

struct FileId {
  dev_t device = 0;
  ino_t inode = 0;

  friend bool operator==(const FileId&, const FileId&) = default;
};

inline FileId IdOf(const struct stat& facts) {
  return {.device = facts.st_dev, .inode = facts.st_ino};
}

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_FILE_ID_H_
