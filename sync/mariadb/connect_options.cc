#include "sync/mariadb/connect_options.h"

#include <mysql.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync/mariadb/log_on_files.h"

namespace postmirror {
namespace {

void SetFlag(MYSQL* mysql, mysql_option option, bool on) {
  const my_bool value = on ? 1 : 0;
  mysql_options(mysql, option, &value);
}

const char* OrNull(const std::string& text) {
  return text.empty() ? nullptr : text.c_str();
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

// The files for TLS that an option file names.
absl::Status CheckNamedByOptions(MYSQL* mysql) {
  const std::pair<mysql_option, const char*> files[] = {
      {MYSQL_OPT_SSL_CA, "option_file: ssl-ca"},
      {MYSQL_OPT_SSL_CERT, "option_file: ssl-cert"},
      {MYSQL_OPT_SSL_KEY, "option_file: ssl-key"},
      {MYSQL_OPT_SSL_CRL, "option_file: ssl-crl"}};
  absl::Status all;
  for (const auto& [option, name] : files) {
    const char* path = nullptr;
    mysql_get_optionv(mysql, option, &path);
    if (path != nullptr) all.Update(CheckIsRegular(name, path));
  }
  return all;
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
  const bool wants_tls = log_on.WantsTls() && !is_local;
  if (absl::Status files = CheckLogOnFiles(log_on, wants_tls); !files.ok()) {
    return files;
  }
  AllowPlainText(mysql);
  ReadOptionFiles(log_on, mysql);
  if (absl::Status named = CheckNamedByOptions(mysql); !named.ok()) {
    return named;
  }
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
  if (wants_tls) RequireTls(log_on, mysql);
  const bool may_hand_over = wants_tls && log_on.VerifiesTls();
  const std::string allowed =
      absl::StrCat(kProofs, may_hand_over ? kHandOver : "");
  mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, allowed.c_str());
  return absl::OkStatus();
}

}  // namespace postmirror
