#include "tests/bench/commit_to_visible/primary.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/commit_to_visible/change_number.h"

namespace postmirror {

absl::StatusOr<Primary> Primary::Open(const std::string& socket) {
  ConnectionSettings settings;
  settings.log_on.user = "root";
  settings.log_on.option_group = "";  // else the machine's my.cnf is read
  settings.dbname = "mailserver";
  settings.read_timeout = absl::Seconds(60);
  auto connection = Connection::Open({socket, "", 0}, settings);
  if (!connection.ok()) return connection.status();
  return Primary(*std::move(connection));
}

absl::StatusOr<int64_t> Primary::CountAliases() {
  int64_t count = 0;
  const absl::Status status = connection_->Query(
      "SELECT COUNT(*) FROM virtual_aliases", Connection::Columns::Exactly(1),
      [&count](Connection::Row row) {
        return absl::SimpleAtoi(row[0].value_or(""), &count)
                   ? absl::OkStatus()
                   : absl::InternalError("COUNT(*) is no number");
      });
  if (!status.ok()) return status;
  return count;
}

absl::StatusOr<std::vector<Alias>> Primary::AliasesByStep(int64_t step) {
  std::vector<Alias> aliases;
  const absl::Status status = connection_->Query(
      absl::StrCat("SELECT source FROM virtual_aliases WHERE id % ", step,
                   " = 0 ORDER BY id"),
      Connection::Columns::Exactly(1), [&aliases, step](Connection::Row row) {
        const int64_t id = step * (static_cast<int64_t>(aliases.size()) + 1);
        aliases.push_back({id, std::string(row[0].value_or(""))});
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  if (aliases.empty()) {
    return absl::NotFoundError(absl::StrCat("fewer aliases than ", step));
  }
  return aliases;
}

absl::Status Primary::Change(int64_t first, int64_t last,
                             int64_t change_number) {
  return connection_->Execute(
      absl::StrCat("UPDATE virtual_aliases SET destination = '",
                   DestinationOf(change_number), "' WHERE id BETWEEN ", first,
                   " AND ", last));
}

}  // namespace postmirror
