#include "tests/bench/commit_to_visible/sql_poller.h"

#include <mysql.h>

#include <algorithm>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

constexpr absl::string_view kSelect =
    "SELECT destination FROM virtual_aliases WHERE source = ?";
constexpr unsigned kTimeoutSeconds = 30;

MYSQL_BIND TextIn(std::array<char, 1024>* text, unsigned long* size) {
  MYSQL_BIND bind = {};
  bind.buffer_type = MYSQL_TYPE_STRING;
  bind.buffer = text->data();
  bind.buffer_length = text->size();
  bind.length = size;
  return bind;
}

}  // namespace

void SqlPoller::Close::operator()(MYSQL* mysql) const { mysql_close(mysql); }

void SqlPoller::Close::operator()(MYSQL_STMT* statement) const {
  mysql_stmt_close(statement);
}

SqlPoller::SqlPoller() : mysql_(mysql_init(nullptr)) {}

absl::StatusOr<std::unique_ptr<Poller>> SqlPoller::Open(
    const std::string& socket) {
  auto poller = absl::WrapUnique(new SqlPoller());
  if (absl::Status status = poller->Connect(socket); !status.ok()) {
    return status;
  }
  if (absl::Status status = poller->Prepare(); !status.ok()) return status;
  return poller;
}

absl::Status SqlPoller::Connect(const std::string& socket) {
  MYSQL* mysql = mysql_.get();
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &kTimeoutSeconds);
  mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &kTimeoutSeconds);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(mysql, nullptr, "root", "", "mailserver", 0,
                         socket.c_str(), 0) == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("connect to ", socket, ": ", mysql_error(mysql)));
  }
  return absl::OkStatus();
}

absl::Status SqlPoller::Prepare() {
  statement_.reset(mysql_stmt_init(mysql_.get()));
  MYSQL_BIND source = TextIn(&source_, &source_size_);
  MYSQL_BIND destination = TextIn(&destination_, &destination_size_);
  if (mysql_stmt_prepare(statement_.get(), kSelect.data(), kSelect.size()) !=
          0 ||
      mysql_stmt_bind_param(statement_.get(), &source) != 0 ||
      mysql_stmt_bind_result(statement_.get(), &destination) != 0) {
    return StatementError("prepare");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> SqlPoller::Poll(absl::string_view source) {
  source = source.substr(0, source_.size());
  std::copy(source.begin(), source.end(), source_.begin());
  source_size_ = source.size();
  if (mysql_stmt_execute(statement_.get()) != 0) {
    return StatementError("execute");
  }
  const int first = mysql_stmt_fetch(statement_.get());
  if (first == MYSQL_NO_DATA) {
    return absl::NotFoundError(absl::StrCat("SELECT: ", source, ": no row"));
  }
  if (first != 0) return StatementError("fetch");
  // Before the end of the result the connection is not free for the next poll.
  if (mysql_stmt_fetch(statement_.get()) != MYSQL_NO_DATA) {
    return StatementError("fetch of one row");
  }
  return std::string(destination_.data(), destination_size_);
}

absl::Status SqlPoller::StatementError(absl::string_view step) const {
  return absl::UnavailableError(
      absl::StrCat("SELECT: ", step, ": ", mysql_stmt_error(statement_.get())));
}

}  // namespace postmirror
