// A file descriptor, closed with its owner.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_FILE_DESCRIPTOR_H_
#define POSTMIRROR_SCHEMA_RUNTIME_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace postmirror {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  // Owns `fd` from now on. A negative number stands for no descriptor.
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }

  // Leaves it open; the caller's from now on.
  int Release() { return std::exchange(fd_, -1); }

  // False, with errno, where what was written could not be kept (close(2)).
  bool Close() {
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || close(fd) == 0;
  }

 private:
  int fd_ = -1;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_FILE_DESCRIPTOR_H_
