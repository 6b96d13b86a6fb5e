#include "sync/ctl/folder_owner.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/runtime/weak_path.h"
#include "schema/store/environment.h"

namespace postmirror {
namespace {

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

// A folder of postmirror.cf.
struct Folder {
  absl::string_view setting;
  std::string path;

  std::string ToString() const { return absl::StrCat(setting, " ", path); }
};

// Whatever decides where the path leads has to be root's or the owner's; where
// the owner is root, nobody else may write to it.
absl::Status CheckPath(const Folder& folder, uid_t owner) {
  const absl::StatusOr<std::optional<WeakPart>> weak =
      FindWeakPart(folder.path, owner);
  if (!weak.ok()) {
    return absl::Status(
        weak.status().code(),
        absl::StrCat(folder.setting, " ", weak.status().message()));
  }
  if (!weak->has_value()) return absl::OkStatus();
  const WeakPart& part = **weak;
  return absl::PermissionDeniedError(absl::StrCat(
      folder.ToString(), ": ", part.ToString(),
      ", who could lead root astray: ",
      part.user.has_value()
          ? "run postmirrorctl as the folder's owner (runuser -u USER -- "
            "postmirrorctl ...)"
          : absl::StrCat("chmod go-w ", part.path)));
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
