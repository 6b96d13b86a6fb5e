#include "sync/ctl/folder_owner.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/store/environment.h"

namespace postmirror {
namespace {

using Path = std::filesystem::path;

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

// As many as Linux follows (path_resolution(7)).
constexpr int kMaxLinks = 40;

// A folder of postmirror.cf.
struct Folder {
  absl::string_view setting;
  std::string path;

  std::string ToString() const { return absl::StrCat(setting, " ", path); }
};

absl::Status Refusal(const Folder& folder, absl::string_view why,
                     absl::string_view cure) {
  return absl::PermissionDeniedError(absl::StrCat(
      folder.ToString(), ": ", why, ", who could lead root astray: ", cure));
}

// Whether anybody but the owner may replace entries of the folder; in a sticky
// one that is who made the entry, which is looked at itself. In the `last` one
// nobody else may make any.
bool IsOpenToOthers(const struct stat& facts, bool last) {
  return (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
         (last || (facts.st_mode & S_ISVTX) == 0) && S_ISDIR(facts.st_mode);
}

// Puts the names of `path` before those that are left, the last of which comes
// first.
void Prepend(const Path& path, std::vector<Path>* left) {
  const std::vector<Path> names(path.begin(), path.end());
  left->insert(left->end(), names.rbegin(), names.rend());
}

// A folder or link has to be root's or the owner's; where the owner is root,
// nobody else may write to it.
absl::Status CheckPart(const Path& part, bool last, uid_t owner,
                       const Folder& folder) {
  struct stat facts = {};
  if (lstat(part.c_str(), &facts) != 0) {
    return ErrnoStatus(errno, absl::StrCat(folder.setting, " ", part.string()),
                       "stat");
  }
  if (facts.st_uid != 0 && facts.st_uid != owner) {
    return Refusal(
        folder,
        absl::StrCat(part.string(), " belongs to user number ", facts.st_uid),
        "run postmirrorctl as the folder's owner (runuser -u USER -- "
        "postmirrorctl ...)");
  }
  if (owner == 0 && IsOpenToOthers(facts, last)) {
    return Refusal(folder, absl::StrCat("others may write to ", part.string()),
                   absl::StrCat("chmod go-w ", part.string()));
  }
  return absl::OkStatus();
}

// Checks whatever decides where the path leads: each part of it, and of what
// the links in it say.
absl::Status CheckPath(const Folder& folder, uid_t owner) {
  Path here;
  std::vector<Path> left;
  Prepend(folder.path, &left);
  for (int links = 0; !left.empty();) {
    here /= left.back();
    left.pop_back();
    absl::Status checked = CheckPart(here, left.empty(), owner, folder);
    if (!checked.ok()) return checked;
    std::error_code none;
    const Path target = std::filesystem::read_symlink(here, none);
    if (none) continue;  // no link
    if (++links > kMaxLinks) {
      return ErrnoStatus(ELOOP, folder.ToString(), "stat");
    }
    here = here.parent_path();
    Prepend(target, &left);
  }
  return absl::OkStatus();
}

absl::StatusOr<Owner> FindOwner(const Folder& folder) {
  struct stat facts = {};
  if (stat(folder.path.c_str(), &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return absl::NotFoundError(
          absl::StrCat(folder.ToString(),
                       ": not there yet, postmirror-sync has not made it"));
    }
    return ErrnoStatus(errno, folder.ToString(), "stat");
  }
  if (absl::Status checked = CheckPath(folder, facts.st_uid); !checked.ok()) {
    return checked;
  }
  return Owner{facts.st_uid, facts.st_gid};
}

absl::StatusOr<Owner> FindStoreOwner(const Config& config) {
  const std::string inner = FormatFolder(config.store);
  struct stat facts = {};
  const bool is_there = lstat(inner.c_str(), &facts) == 0;
  return FindOwner({"store", is_there ? inner : config.store});
}

// A folder, open where it is the owner's or root's.
FileDescriptor OpenFolder(const Folder& folder, const Owner& owner) {
  FileDescriptor file(
      open(folder.path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat facts = {};
  if (!file.open() || fstat(file.get(), &facts) != 0 ||
      (facts.st_uid != owner.user && facts.st_uid != 0) ||
      !CheckPath(folder, facts.st_uid).ok()) {
    file.Close();
  }
  return file;
}

// Makes `path` lead to the folder that is open, which so stays.
void Reach(FileDescriptor folder, std::string* path) {
  if (!folder.open()) return;
  if (access(path->c_str(), X_OK) == 0 || errno != EACCES) return;
  std::string way = absl::StrCat("/proc/self/fd/", folder.get());
  if (access(way.c_str(), X_OK) != 0) return;
  folder.Release();
  *path = std::move(way);
}

absl::StatusOr<Config> Become(const absl::StatusOr<Owner>& owner,
                              const Folder& folder, Config config) {
  if (!owner.ok()) return owner.status();
  if (owner->user == 0) return config;
  FileDescriptor store = OpenFolder({"store", config.store}, *owner);
  FileDescriptor status =
      OpenFolder({"status_folder", config.status_folder}, *owner);
  if (setgroups(1, &owner->group) != 0 ||
      setresgid(owner->group, owner->group, owner->group) != 0 ||
      setresuid(owner->user, owner->user, owner->user) != 0) {
    return ErrnoStatus(errno, folder.ToString(), "become its owner");
  }
  Reach(std::move(store), &config.store);
  Reach(std::move(status), &config.status_folder);
  return config;
}

}  // namespace

absl::StatusOr<Config> BecomeStoreOwner(const Config& config) {
  if (geteuid() != 0) return config;
  return Become(FindStoreOwner(config), {"store", config.store}, config);
}

absl::StatusOr<Config> BecomeStatusOwner(const Config& config) {
  if (geteuid() != 0) return config;
  const Folder folder = {"status_folder", config.status_folder};
  return Become(FindOwner(folder), folder, config);
}

}  // namespace postmirror
