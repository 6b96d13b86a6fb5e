#include "sync/socket_owners.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "schema/runtime/digest.h"
#include "sync/small_file.h"
#include "sync/user_name.h"

namespace postmirror {
namespace {

constexpr uid_t kRoot = 0;

std::string UserText(uid_t uid) {
  const std::optional<std::string> name = UserName(uid);
  if (!name.has_value()) return absl::StrCat("uid ", uid);
  return absl::StrCat(*name, " (uid ", uid, ")");
}

absl::Status Refused(const std::string& socket, absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat("server ", socket, ": connect: ", why));
}

}  // namespace

// Do not change: stored.
std::string SocketOwners::FileOf(const std::string& socket) const {
  return absl::StrCat(store_, "/socket-owner-", DigestText(socket));
}

absl::StatusOr<std::optional<uid_t>> SocketOwners::Kept(
    const std::string& socket) const {
  const std::string path = FileOf(socket);
  const absl::StatusOr<std::string> text = ReadSmallFile(path);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  uid_t uid = 0;
  absl::string_view number = *text;
  if (!absl::ConsumeSuffix(&number, "\n") || !absl::SimpleAtoi(number, &uid)) {
    return Refused(socket, absl::StrCat("who owned the socket before is not "
                                        "known, for ",
                                        path, " is damaged: remove that file"));
  }
  return uid;
}

absl::Status SocketOwners::Check(const std::string& socket, uid_t uid) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (uid == kRoot) return absl::OkStatus();
  const absl::StatusOr<std::optional<uid_t>> kept = Kept(socket);
  if (!kept.ok()) return kept.status();
  if (uid == unknown_) {
    return Refused(
        socket,
        "who serves the socket cannot be seen, since postmirror-sync runs in a "
        "user namespace: take PrivateUsers= out of its unit, or read over TCP "
        "with tls_CAfile");
  }
  if (!kept->has_value() || **kept == uid) return absl::OkStatus();
  return Refused(
      socket,
      absl::StrCat("the socket is served by ", UserText(uid), ", not by ",
                   UserText(**kept),
                   " as before, and is not read: see who that is; if MariaDB "
                   "runs as that user from now on, remove ",
                   FileOf(socket)));
}

absl::Status SocketOwners::Keep(const std::string& socket, uid_t uid) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const absl::StatusOr<std::optional<uid_t>> kept = Kept(socket);
  if (!kept.ok()) return kept.status();
  if (kept->has_value()) return absl::OkStatus();
  return ReplaceFileOnDisk(FileOf(socket), absl::StrCat(uid, "\n"));
}

}  // namespace postmirror
