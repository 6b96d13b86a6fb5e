#include "schema/runtime/weak_path.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/runtime/errno_status.h"

namespace postmirror {
namespace {

using Path = std::filesystem::path;

// As many as Linux follows (path_resolution(7)).
constexpr int kMaxLinks = 40;

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

}  // namespace

std::string WeakPart::ToString() const {
  if (!user.has_value()) return absl::StrCat("others may write to ", path);
  return absl::StrCat(path, " belongs to user number ", *user);
}

absl::StatusOr<std::optional<WeakPart>> FindWeakPart(const std::string& path,
                                                     uid_t owner) {
  Path here;
  std::vector<Path> left;
  Prepend(path, &left);
  for (int links = 0; !left.empty();) {
    here /= left.back();
    left.pop_back();
    struct stat facts = {};
    if (lstat(here.c_str(), &facts) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      return ErrnoStatus(errno, here.string(), "stat");
    }
    if (facts.st_uid != 0 && facts.st_uid != owner) {
      return WeakPart{.path = here.string(), .user = facts.st_uid};
    }
    if (owner == 0 && IsOpenToOthers(facts, left.empty())) {
      return WeakPart{.path = here.string(), .user = std::nullopt};
    }
    std::error_code none;
    const Path target = std::filesystem::read_symlink(here, none);
    if (none) continue;  // no link
    if (++links > kMaxLinks) return ErrnoStatus(ELOOP, path, "stat");
    here = here.parent_path();
    Prepend(target, &left);
  }
  return std::nullopt;
}

}  // namespace postmirror
