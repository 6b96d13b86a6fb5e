#include "sync/mariadb/connect_options.h"

#include <fcntl.h>
#include <mysql.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

void SetFlag(MYSQL* mysql, mysql_option option, bool on) {
  const my_bool value = on ? 1 : 0;
  mysql_options(mysql, option, &value);
}

const char* OrNull(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
}

// The library connects with its defaults when the file is missing.
absl::Status CheckReadable(const std::string& option_file) {
  const int fd = open(option_file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("option_file ", option_file, ": ", std::strerror(errno)));
  }
  close(fd);
  return absl::OkStatus();
}

// The ways to log on that show a server no more than that we know the password.
// An account by unix_socket is asked for none: any of them will do.
constexpr char kProofs[] =
    "mysql_native_password,client_ed25519"
#if MARIADB_PACKAGE_VERSION_ID >= 30400
    ",parsec"
#endif
    ;
// These hand it over, or encrypt it to a key that the server has sent.
constexpr char kHandOver[] =
    ",caching_sha2_password,sha256_password,mysql_clear_password,dialog";
// Where Debian has the certificates of public authorities. Without any, the
// library would not verify, or not on the loopback.
constexpr char kPublicAuthorities[] = "/etc/ssl/certs";

// A TCP address to which no connection can be made, whatever the option file
// says of the protocol.
constexpr char kNowhere[] = "255.255.255.255";

// The library reads option files when it connects, over what was set before.
// After a vain connect it has read them, and what is set then counts.
void ReadOptionFiles(const LogOn& log_on, MYSQL* mysql) {
  if (!log_on.option_file.empty()) {
    mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, log_on.option_file.c_str());
  }
  // A group without a file reads the group from the default my.cnf, as Postfix
  // does.
  if (!log_on.option_group.empty()) {
    mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, log_on.option_group.c_str());
  }
  mysql_real_connect(mysql, kNowhere, "", "", nullptr, 1, nullptr,
                     CLIENT_REMEMBER_OPTIONS);
}

void SetText(MYSQL* mysql, mysql_option option, const std::string& text) {
  if (!text.empty()) mysql_options(mysql, option, text.c_str());
}

// The default is plain text, as in mysql_table(5). Whether the server's
// certificate is verified is said both ways: the default of Connector/C differs
// between 3.3 (off) and 3.4 (on).
void AllowPlainText(MYSQL* mysql) {
  SetFlag(mysql, MYSQL_OPT_SSL_ENFORCE, false);
  SetFlag(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, false);
}

void RequireTls(const LogOn& log_on, MYSQL* mysql) {
  SetText(mysql, MYSQL_OPT_SSL_KEY, log_on.tls_key_file);
  SetText(mysql, MYSQL_OPT_SSL_CERT, log_on.tls_cert_file);
  SetText(mysql, MYSQL_OPT_SSL_CIPHER, log_on.tls_ciphers);
  const bool states_authority =
      !log_on.tls_CAfile.empty() || !log_on.tls_CApath.empty();
  if (states_authority || log_on.VerifiesTls()) {
    // Also what is not stated, so that an option file adds no other.
    mysql_options(mysql, MYSQL_OPT_SSL_CA, OrNull(log_on.tls_CAfile));
    mysql_options(
        mysql, MYSQL_OPT_SSL_CAPATH,
        states_authority ? OrNull(log_on.tls_CApath) : kPublicAuthorities);
    // A fingerprint would be looked at instead of the certificate.
    mysql_options(mysql, MARIADB_OPT_SSL_FP, nullptr);
    mysql_options(mysql, MARIADB_OPT_SSL_FP_LIST, nullptr);
  }
  SetFlag(mysql, MYSQL_OPT_SSL_ENFORCE, true);
  SetFlag(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, log_on.VerifiesTls());
}

}  // namespace

absl::Status CheckAreRegular(const LogOn& log_on) {
  const std::pair<const char*, const std::string*> files[] = {
      {"option_file", &log_on.option_file},
      {"tls_CAfile", &log_on.tls_CAfile},
      {"tls_cert_file", &log_on.tls_cert_file},
      {"tls_key_file", &log_on.tls_key_file}};
  for (const auto& [setting, path] : files) {
    struct stat facts = {};
    if (path->empty() || stat(path->c_str(), &facts) != 0 ||
        S_ISREG(facts.st_mode)) {
      continue;
    }
    return absl::FailedPreconditionError(absl::StrCat(
        setting, " ", *path,
        ": is no regular file, and might never end: name one that is"));
  }
  return absl::OkStatus();
}

unsigned WholeSeconds(absl::Duration duration) {
  constexpr int64_t kMax =
      std::numeric_limits<int>::max() / 1000;  // poll(2) takes ms
  const int64_t seconds =
      absl::ToInt64Seconds(absl::Ceil(duration, absl::Seconds(1)));
  return static_cast<unsigned>(std::clamp<int64_t>(seconds, 1, kMax));
}

void BoundPackets(size_t bytes, MYSQL* mysql) {
  mysql->net.max_packet_size = bytes;
}

absl::Status SetConnectOptions(const ConnectionSettings& settings,
                               bool is_local, MYSQL* mysql) {
  const LogOn& log_on = settings.log_on;
  if (absl::Status regular = CheckAreRegular(log_on); !regular.ok()) {
    return regular;
  }
  if (!log_on.option_file.empty()) {
    if (absl::Status status = CheckReadable(log_on.option_file); !status.ok()) {
      return status;
    }
  }
  AllowPlainText(mysql);
  ReadOptionFiles(log_on, mysql);
  const unsigned connect_timeout = WholeSeconds(settings.connect_timeout);
  const unsigned read_timeout = WholeSeconds(settings.read_timeout);
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &connect_timeout);
  mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &read_timeout);
  mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &read_timeout);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, settings.charset.c_str());
  // A server may otherwise ask the client for any of its files.
  const unsigned local_infile = 0;
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &local_infile);
  const size_t max_packet_bytes = kMaxPacketBytes;
  mysql_options(mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet_bytes);
  SetFlag(mysql, MYSQL_OPT_RECONNECT, false);
  const bool wants_tls = log_on.WantsTls() && !is_local;
  if (wants_tls) RequireTls(log_on, mysql);
  const bool may_hand_over = wants_tls && log_on.VerifiesTls();
  const std::string allowed =
      absl::StrCat(kProofs, may_hand_over ? kHandOver : "");
  mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, allowed.c_str());
  return absl::OkStatus();
}

}  // namespace postmirror
