// What a user of this machine is called.
#ifndef POSTMIRROR_SYNC_USER_NAME_H_
#define POSTMIRROR_SYNC_USER_NAME_H_

#include <sys/types.h>

#include <optional>
#include <string>

namespace postmirror {

// None where the number has no name. Any thread may call.
std::optional<std::string> UserName(uid_t uid);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_USER_NAME_H_
