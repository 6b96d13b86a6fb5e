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

// The default is plain text, as in mysql_table(5). Whether the server's
// certificate is verified is said both ways: the default of Connector/C differs
// between 3.3 (off) and 3.4 (on).
void SetTls(const LogOn& log_on, MYSQL* mysql) {
  const bool wanted = log_on.WantsTls();
  if (wanted) {
    mysql_ssl_set(mysql, OrNull(log_on.tls_key_file),
                  OrNull(log_on.tls_cert_file), OrNull(log_on.tls_CAfile),
                  OrNull(log_on.tls_CApath), OrNull(log_on.tls_ciphers));
  }
  SetFlag(mysql, MYSQL_OPT_SSL_ENFORCE, wanted);
  SetFlag(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
          wanted && log_on.tls_verify_cert);
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

void ForbidReconnect(MYSQL* mysql) {
  SetFlag(mysql, MYSQL_OPT_RECONNECT, false);
}

absl::Status SetConnectOptions(const ConnectionSettings& settings,
                               MYSQL* mysql) {
  const LogOn& log_on = settings.log_on;
  if (absl::Status regular = CheckAreRegular(log_on); !regular.ok()) {
    return regular;
  }
  if (!log_on.option_file.empty()) {
    if (absl::Status status = CheckReadable(log_on.option_file); !status.ok()) {
      return status;
    }
    mysql_options(mysql, MYSQL_READ_DEFAULT_FILE, log_on.option_file.c_str());
  }
  // A group without a file reads the group from the default my.cnf, as Postfix
  // does.
  if (!log_on.option_group.empty()) {
    mysql_options(mysql, MYSQL_READ_DEFAULT_GROUP, log_on.option_group.c_str());
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
  ForbidReconnect(mysql);
  SetTls(log_on, mysql);
  return absl::OkStatus();
}

}  // namespace postmirror
