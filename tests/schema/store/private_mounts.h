// Mounts that only the calling process sees. To be used in a process of its
// own (InChild), by root; each tells by false that it may not be done here.
#ifndef POSTMIRROR_TESTS_SCHEMA_STORE_PRIVATE_MOUNTS_H_
#define POSTMIRROR_TESTS_SCHEMA_STORE_PRIVATE_MOUNTS_H_

#include <sched.h>
#include <sys/mount.h>

#include <string>

namespace postmirror {

// What a test says that could not be done.
inline constexpr char kNoMounts[] = "no mounts here";

inline bool OwnMounts() {
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

// Makes `folder` read-only, as a service with ReadOnlyPaths sees it.
inline bool MountReadOnly(const std::string& folder) {
  const char* const path = folder.c_str();
  return OwnMounts() && mount(path, path, nullptr, MS_BIND, nullptr) == 0 &&
         mount(path, path, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY,
               nullptr) == 0;
}

// Puts a disk of that size over `folder`.
inline bool MountSmallDisk(const std::string& folder, const std::string& size) {
  return OwnMounts() && mount("tmpfs", folder.c_str(), "tmpfs", 0,
                              ("size=" + size).c_str()) == 0;
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SCHEMA_STORE_PRIVATE_MOUNTS_H_
