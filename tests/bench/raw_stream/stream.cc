#include "tests/bench/raw_stream/stream.h"

#include <mysql.h>

#include <memory>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

struct Close {
  void operator()(MYSQL* mysql) const { mysql_close(mysql); }
  void operator()(MYSQL_RES* result) const { mysql_free_result(result); }
};

absl::Status Failure(MYSQL* mysql, absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", mysql_error(mysql)));
}

absl::StatusOr<uint64_t> CountRows(MYSQL* mysql, const std::string& query) {
  if (mysql_real_query(mysql, query.data(), query.size()) != 0) {
    return Failure(mysql, query);
  }
  const std::unique_ptr<MYSQL_RES, Close> result(mysql_use_result(mysql));
  uint64_t rows = 0;
  if (result != nullptr) {
    while (mysql_fetch_row(result.get()) != nullptr) ++rows;
  }
  if (mysql_errno(mysql) != 0) return Failure(mysql, query);
  return rows;
}

}  // namespace

absl::StatusOr<uint64_t> StreamRows(const StreamSource& source,
                                    absl::Span<const std::string> queries) {
  const std::unique_ptr<MYSQL, Close> mysql(mysql_init(nullptr));
  mysql_options(mysql.get(), MYSQL_SET_CHARSET_NAME, "utf8mb4");
  if (mysql_real_connect(mysql.get(), "127.0.0.1", source.user.c_str(),
                         source.password.c_str(), source.database.c_str(),
                         source.port, nullptr, 0) == nullptr) {
    return Failure(mysql.get(), "connect");
  }
  const absl::StatusOr<uint64_t> begun = CountRows(
      mysql.get(), "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
  if (!begun.ok()) return begun.status();
  uint64_t rows = 0;
  for (const std::string& query : queries) {
    const absl::StatusOr<uint64_t> counted = CountRows(mysql.get(), query);
    if (!counted.ok()) return counted.status();
    rows += *counted;
  }
  return rows;
}

}  // namespace postmirror
