#include "sync/mariadb/server_error.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "sync/mariadb/connection.h"

namespace postmirror {
namespace {

// The server's own text may quote a whole query.
constexpr size_t kMaxTextBytes = 300;

// The library's own text has lost the plugin's name.
constexpr absl::string_view kHandsOver =
    "it asks for the password itself, which goes over verified TLS only; if "
    "that is MariaDB, state tls_CAfile, or ALTER USER ... IDENTIFIED VIA "
    "unix_socket, ed25519 or mysql_native_password";

// Numbers that the mysqld_error.h of one supported release lacks.
constexpr unsigned kSnapshotConflict = 1020;  // ER_CHECKREAD
constexpr unsigned kAccountLocked = 4151;     // ER_ACCOUNT_HAS_BEEN_LOCKED
constexpr unsigned kSameServerId = 4052;      // ER_SLAVE_SAME_ID

bool IsFromClientLibrary(unsigned number) {
  // CR_ numbers, and those that only Connector/C knows (errmsg.h).
  return (number >= 2000 && number < 3000) || (number >= 5000 && number < 6000);
}

// The connection is gone, was not given, or its server is not ready.
bool IsUnavailable(unsigned number) {
  switch (number) {
    case ER_HANDSHAKE_ERROR:
    case ER_UNKNOWN_COM_ERROR:  // a Galera node that has not joined
    case ER_SERVER_SHUTDOWN:
    case ER_ABORTING_CONNECTION:
    case ER_NEW_ABORTING_CONNECTION:
    case ER_NET_PACKETS_OUT_OF_ORDER:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED:
    case ER_CONNECTION_KILLED:
      return true;
    default:
      // The library's own faults leave the protocol in an unknown state.
      return IsFromClientLibrary(number);
  }
}

absl::StatusCode CodeOf(unsigned number) {
  switch (number) {
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
      return absl::StatusCode::kResourceExhausted;
    case ER_ACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_NO_PASSWORD_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_HOST_IS_BLOCKED:
    case ER_NOT_SUPPORTED_AUTH_MODE:
    case ER_PLUGIN_IS_NOT_LOADED:
    case ER_MUST_CHANGE_PASSWORD:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
    case kAccountLocked:
    case CR_AUTH_PLUGIN_CANNOT_LOAD:
    case CR_PLUGIN_NOT_ALLOWED:
      return absl::StatusCode::kUnauthenticated;
    case ER_TABLEACCESS_DENIED_ERROR:
    case ER_COLUMNACCESS_DENIED_ERROR:
    case ER_SPECIFIC_ACCESS_DENIED_ERROR:
    case ER_PROCACCESS_DENIED_ERROR:
    case ER_NO_SUCH_USER:  // the definer of a view is gone
      return absl::StatusCode::kPermissionDenied;
    case ER_BAD_DB_ERROR:
    case ER_NO_SUCH_TABLE:
    case ER_NO_SUCH_TABLE_IN_ENGINE:
    case ER_BAD_FIELD_ERROR:
    case ER_VIEW_INVALID:
      return absl::StatusCode::kNotFound;
    case ER_TABLE_DEF_CHANGED:
    case ER_LOCK_DEADLOCK:
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_QUERY_INTERRUPTED:
    case ER_STATEMENT_TIMEOUT:
    case kSnapshotConflict:
      return absl::StatusCode::kAborted;
    case CR_NET_PACKET_TOO_LARGE:
      return absl::StatusCode::kOutOfRange;
    case kSameServerId:
      return absl::StatusCode::kAlreadyExists;
    default:
      return IsUnavailable(number) ? absl::StatusCode::kUnavailable
                                   : absl::StatusCode::kInternal;
  }
}

// A log-on may fail by TLS settings that are the account's alone.
absl::Status LogOnError(unsigned number, const std::string& message) {
  return number == CR_SSL_CONNECTION_ERROR
             ? absl::UnauthenticatedError(message)
             : absl::Status(CodeOf(number), message);
}

// A statement of an account that is logged on is refused for a password only
// where a definer is gone: the server tells none but its administrators so.
absl::Status StatementError(unsigned number, const std::string& message) {
  return number == ER_ACCESS_DENIED_ERROR
             ? absl::PermissionDeniedError(absl::StrCat(
                   message,
                   ", which is not about the password: the definer of a view "
                   "or routine that is read does not exist, or may not read"))
             : absl::Status(CodeOf(number), message);
}

std::string TextOf(unsigned number, absl::string_view text) {
  if (number == CR_PLUGIN_NOT_ALLOWED) text = kHandsOver;
  if (number != CR_NET_PACKET_TOO_LARGE) {
    return std::string(text.substr(0, kMaxTextBytes));
  }
  return absl::StrCat(
      "the server sends more than ", kMaxPacketBytes,
      " bytes at once, a row that no entry can hold: shorten it");
}

}  // namespace

absl::Status ServerError(absl::string_view address, absl::string_view step,
                         unsigned number, absl::string_view text) {
  std::string line = TextOf(number, text);
  // One line for the log: a server quotes SQL with its newlines.
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); },
      ' ');
  const std::string message = absl::StrCat("server ", address, ": ", step, ": ",
                                           line, " (", number, ")");
  return step == kConnectStep ? LogOnError(number, message)
                              : StatementError(number, message);
}

}  // namespace postmirror
