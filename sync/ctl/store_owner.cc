#include "sync/ctl/store_owner.h"

#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"

namespace postmirror {
namespace {

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

// The user that has no rights, in Linux and in Debian.
constexpr Owner kNobody = {65534, 65534};

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

// Each part of the path has to be root's or the owner's; where the owner is
// root, nobody else may write there.
absl::Status CheckPath(const std::filesystem::path& store, uid_t owner) {
  std::filesystem::path part;
  for (const std::filesystem::path& name : store) {
    part /= name;
    struct stat facts = {};
    if (lstat(part.c_str(), &facts) != 0) {
      return ErrnoStatus(errno, absl::StrCat("store ", part.string()), "stat");
    }
    if (facts.st_uid != 0 && facts.st_uid != owner) {
      return Refusal(store.string(),
                     absl::StrCat(part.string(), " belongs to user number ",
                                  facts.st_uid));
    }
    if (owner == 0 && IsOpenToOthers(facts)) {
      return Refusal(store.string(),
                     absl::StrCat("others may write to ", part.string()));
    }
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
