#include "sync/ctl/store_owner.h"

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

absl::Status Refusal(absl::string_view store, absl::string_view why) {
  return absl::PermissionDeniedError(absl::StrCat(
      "store ", store, ": ", why,
      ", who could lead root astray: run postmirrorctl as the store's owner "
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
absl::Status CheckPart(const Path& part, uid_t owner, absl::string_view store) {
  struct stat facts = {};
  if (lstat(part.c_str(), &facts) != 0) {
    return ErrnoStatus(errno, absl::StrCat("store ", part.string()), "stat");
  }
  if (facts.st_uid != 0 && facts.st_uid != owner) {
    return Refusal(
        store,
        absl::StrCat(part.string(), " belongs to user number ", facts.st_uid));
  }
  if (owner == 0 && IsOpenToOthers(facts)) {
    return Refusal(store, absl::StrCat("others may write to ", part.string()));
  }
  return absl::OkStatus();
}

// Checks whatever decides where the path leads: each part of it, and of what
// the links in it say.
absl::Status CheckPath(const std::string& store, uid_t owner) {
  Path here;
  std::vector<Path> left;
  Prepend(store, &left);
  for (int links = 0; !left.empty();) {
    here /= left.back();
    left.pop_back();
    absl::Status checked = CheckPart(here, owner, store);
    if (!checked.ok()) return checked;
    std::error_code none;
    const Path target = std::filesystem::read_symlink(here, none);
    if (none) continue;  // no link
    if (++links > kMaxLinks) {
      return ErrnoStatus(ELOOP, absl::StrCat("store ", store), "stat");
    }
    here = here.parent_path();
    Prepend(target, &left);
  }
  return absl::OkStatus();
}

absl::StatusOr<Owner> FindOwner(const std::string& store) {
  struct stat facts = {};
  if (stat(store.c_str(), &facts) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return kNobody;
    return ErrnoStatus(errno, absl::StrCat("store ", store), "stat");
  }
  if (absl::Status checked = CheckPath(store, facts.st_uid); !checked.ok()) {
    return checked;
  }
  return Owner{facts.st_uid, facts.st_gid};
}

}  // namespace

absl::Status BecomeStoreOwner(const std::string& store) {
  if (geteuid() != 0) return absl::OkStatus();
  const absl::StatusOr<Owner> owner = FindOwner(store);
  if (!owner.ok()) return owner.status();
  if (owner->user == 0) return absl::OkStatus();
  if (setgroups(1, &owner->group) != 0 ||
      setresgid(owner->group, owner->group, owner->group) != 0 ||
      setresuid(owner->user, owner->user, owner->user) != 0) {
    return ErrnoStatus(errno, absl::StrCat("store ", store),
                       "become its owner");
  }
  return absl::OkStatus();
}

}  // namespace postmirror
