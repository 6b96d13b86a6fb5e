#include "sync/ctl/folder_owner.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"

namespace postmirror {
namespace {

using Path = std::filesystem::path;

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

// The user that has no rights, in Linux and in Debian.
constexpr Owner kNobody = {65534, 65534};

// As many as Linux follows (path_resolution(7)).
constexpr int kMaxLinks = 40;

// A folder of postmirror.cf.
struct Folder {
  absl::string_view setting;
  std::string path;

  std::string ToString() const { return absl::StrCat(setting, " ", path); }
};

absl::Status Refusal(const Folder& folder, absl::string_view why) {
  return absl::PermissionDeniedError(absl::StrCat(
      folder.ToString(), ": ", why,
      ", who could lead root astray: run postmirrorctl as the folder's owner "
      "(runuser -u USER -- postmirrorctl ...)"));
}

// Whether anybody but the owner, and the one who made an entry, may replace
// entries of the folder.
bool IsOpenToOthers(const struct stat& facts) {
  return (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
         (facts.st_mode & S_ISVTX) == 0 && S_ISDIR(facts.st_mode);
}

// Puts the names of `path` before those that are left, the last of which comes
// first.
void Prepend(const Path& path, std::vector<Path>* left) {
  const std::vector<Path> names(path.begin(), path.end());
  left->insert(left->end(), names.rbegin(), names.rend());
}

// A folder or link has to be root's or the owner's; where the owner is root,
// nobody else may write to it.
absl::Status CheckPart(const Path& part, uid_t owner, const Folder& folder) {
  struct stat facts = {};
  if (lstat(part.c_str(), &facts) != 0) {
    return ErrnoStatus(errno, absl::StrCat(folder.setting, " ", part.string()),
                       "stat");
  }
  if (facts.st_uid != 0 && facts.st_uid != owner) {
    return Refusal(
        folder,
        absl::StrCat(part.string(), " belongs to user number ", facts.st_uid));
  }
  if (owner == 0 && IsOpenToOthers(facts)) {
    return Refusal(folder, absl::StrCat("others may write to ", part.string()));
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
    absl::Status checked = CheckPart(here, owner, folder);
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
    if (errno == ENOENT || errno == ENOTDIR) return kNobody;
    return ErrnoStatus(errno, folder.ToString(), "stat");
  }
  if (absl::Status checked = CheckPath(folder, facts.st_uid); !checked.ok()) {
    return checked;
  }
  return Owner{facts.st_uid, facts.st_gid};
}

}  // namespace

absl::Status BecomeOwner(absl::string_view setting, const std::string& path) {
  if (geteuid() != 0) return absl::OkStatus();
  const Folder folder = {.setting = setting, .path = path};
  const absl::StatusOr<Owner> owner = FindOwner(folder);
  if (!owner.ok()) return owner.status();
  if (owner->user == 0) return absl::OkStatus();
  if (setgroups(1, &owner->group) != 0 ||
      setresgid(owner->group, owner->group, owner->group) != 0 ||
      setresuid(owner->user, owner->user, owner->user) != 0) {
    return ErrnoStatus(errno, folder.ToString(), "become its owner");
  }
  return absl::OkStatus();
}

}  // namespace postmirror
