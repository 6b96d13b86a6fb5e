#include "sync/user_name.h"

#include <pwd.h>

#include <vector>

namespace postmirror {

std::optional<std::string> UserName(uid_t uid) {
  passwd entry = {};
  passwd* found = nullptr;
  std::vector<char> buffer(1 << 14);
  getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return std::nullopt;
  return found->pw_name;
}

}  // namespace postmirror
