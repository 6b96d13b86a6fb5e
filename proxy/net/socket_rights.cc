#include "proxy/net/socket_rights.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "schema/config/cf_errors.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

// More than an entry of passwd(5) or group(5) with thousands of members takes.
constexpr size_t kMaxEntryBytes = 1 << 20;

std::optional<gid_t> GroupNumber(const std::string& name) {
  gid_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return number;
  std::vector<char> buffer(kMaxEntryBytes);
  group entry = {};
  group* found = nullptr;
  getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return std::nullopt;
  return entry.gr_gid;
}

absl::Status Unknown(const Config& config, absl::string_view setting,
                     absl::string_view name, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      config.path, ": ", setting, ": ", Quoted(name), " is no ", what,
      " of this system, correct the name or write a number"));
}

}  // namespace

std::optional<uid_t> UserNumber(const std::string& name) {
  uid_t number = 0;
  if (absl::SimpleAtoi(name, &number)) return number;
  std::vector<char> buffer(kMaxEntryBytes);
  passwd entry = {};
  passwd* found = nullptr;
  getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return std::nullopt;
  return entry.pw_uid;
}

absl::StatusOr<SocketRights> ResolveRights(const Config& config) {
  SocketRights rights;
  rights.mode = config.unix_socket_mode;
  if (!config.unix_socket_owner.empty()) {
    rights.owner = UserNumber(config.unix_socket_owner);
    if (!rights.owner.has_value()) {
      return Unknown(config, "unix_socket_owner", config.unix_socket_owner,
                     "user");
    }
  }
  if (!config.unix_socket_group.empty()) {
    rights.group = GroupNumber(config.unix_socket_group);
    if (!rights.group.has_value()) {
      return Unknown(config, "unix_socket_group", config.unix_socket_group,
                     "group");
    }
  }
  return rights;
}

absl::Status ApplyRights(const SocketRights& rights, const std::string& path,
                         const FileId& id) {
  // By a descriptor: whoever may write to the folder may put a link there, or
  // another's socket.
  const FileDescriptor file(
      open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat facts = {};
  if (!file.open() || fstat(file.get(), &facts) != 0) {
    return ErrnoStatus(errno, "socket", "open");
  }
  if (!S_ISSOCK(facts.st_mode) || IdOf(facts) != id) {
    return absl::UnavailableError("socket: another file is in its place");
  }
  constexpr uid_t kSameUser = static_cast<uid_t>(-1);
  constexpr gid_t kSameGroup = static_cast<gid_t>(-1);
  // First the owner: to give a file away may take bits of its mode.
  if (rights.group.has_value() &&
      fchownat(file.get(), "", kSameUser, *rights.group, AT_EMPTY_PATH) != 0) {
    return ErrnoStatus(errno, "unix_socket_group", "chown");
  }
  if (rights.owner.has_value() &&
      fchownat(file.get(), "", *rights.owner, kSameGroup, AT_EMPTY_PATH) != 0) {
    return ErrnoStatus(errno, "unix_socket_owner", "chown");
  }
  // fchmod(2) takes no such descriptor.
  const std::string itself = absl::StrCat("/proc/self/fd/", file.get());
  if (chmod(itself.c_str(), rights.mode) != 0) {
    return ErrnoStatus(errno, "unix_socket_mode", "chmod");
  }
  return absl::OkStatus();
}

}  // namespace postmirror
