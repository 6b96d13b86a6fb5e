#include "sync/folder_rights.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "schema/runtime/weak_path.h"
#include "schema/store/environment.h"
#include "sync/user_name.h"

namespace postmirror {
namespace {

// What runs a command as that user.
std::string RunAs(uid_t user) {
  const std::optional<std::string> name = UserName(user);
  if (name.has_value()) return absl::StrCat("runuser -u ", *name);
  return absl::StrCat("setpriv --reuid=", user,
                      " --regid=GROUP --clear-groups");
}

absl::Status CheckFolder(absl::string_view setting, const std::string& path) {
  const absl::StatusOr<std::optional<WeakPart>> weak = FindWeakPart(path, 0);
  if (!weak.ok()) {
    return absl::Status(weak.status().code(),
                        absl::StrCat(setting, " ", weak.status().message()));
  }
  if (!weak->has_value()) return absl::OkStatus();
  const WeakPart& part = **weak;
  if (part.user.has_value()) {
    return absl::PermissionDeniedError(absl::StrCat(
        setting, " ", part.path, ": belongs to user number ", *part.user,
        ", run postmirror-sync as that user, as its "
        "service does: ",
        RunAs(*part.user), " -- postmirror-sync"));
  }
  return absl::PermissionDeniedError(
      absl::StrCat(setting, " ", path, ": ", part.ToString(),
                   ", who could lead root astray: chmod go-w ", part.path));
}

}  // namespace

absl::Status CheckRoot(const Config& config) {
  if (geteuid() != 0) return absl::OkStatus();
  const std::string inner = FormatFolder(config.store);
  struct stat facts = {};
  const bool is_there = lstat(inner.c_str(), &facts) == 0;
  absl::Status ours = CheckFolder("store", is_there ? inner : config.store);
  if (ours.ok()) ours = CheckFolder("status_folder", config.status_folder);
  return ours;
}

std::string WarnOfOpenStore(const Config& config) {
  struct stat facts = {};
  if (stat(config.store.c_str(), &facts) != 0 ||
      (facts.st_mode & (S_IWGRP | S_IWOTH)) == 0 ||
      (facts.st_mode & S_ISVTX) != 0) {
    return "";
  }
  return absl::StrCat("store ", config.store,
                      ": others than its owner may replace what is in it: "
                      "chmod go-w ",
                      config.store);
}

}  // namespace postmirror
