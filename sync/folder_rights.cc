#include "sync/folder_rights.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"

namespace postmirror {
namespace {

// What runs a command as that user.
std::string RunAs(uid_t user) {
  const passwd* const entry = getpwuid(user);
  if (entry != nullptr) return absl::StrCat("runuser -u ", entry->pw_name);
  return absl::StrCat("setpriv --reuid=", user,
                      " --regid=GROUP --clear-groups");
}

absl::Status CheckFolder(absl::string_view setting, const std::string& path) {
  struct stat facts = {};
  // A link may be the user's, too.
  for (const bool follows : {false, true}) {
    const int failed =
        follows ? stat(path.c_str(), &facts) : lstat(path.c_str(), &facts);
    if (failed != 0 || facts.st_uid == 0) continue;
    return absl::PermissionDeniedError(absl::StrCat(
        setting, " ", path, ": belongs to user number ", facts.st_uid,
        ", run postmirror-sync as that user, as its "
        "service does: ",
        RunAs(facts.st_uid), " -- postmirror-sync"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckRoot(const Config& config) {
  if (geteuid() != 0) return absl::OkStatus();
  absl::Status ours = CheckFolder("store", config.store);
  if (ours.ok()) ours = CheckFolder("store", FormatFolder(config.store));
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
