#include "sync/snapshot.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/key/normalization.h"
#include "schema/store/entry.h"
#include "sync/mariadb/server_facts.h"
#include "sync/mariadb/sql_text.h"

namespace postmirror {
namespace {

// How often several groups are read again until no change falls between them.
constexpr int kMaxAttempts = 10;

absl::Status AtMap(const MirroredMap& map, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat("map ", map.name, ": ", status.message()));
}

// Whether the collation tells upper from lower case.
bool ComparesCase(absl::string_view collation) {
  return collation == "binary" || absl::EndsWith(collation, "_bin") ||
         absl::EndsWith(collation, "_cs");
}

// Takes rows of one map as they come.
class RowReader {
 public:
  explicit RowReader(MapSnapshot* snapshot)
      : snapshot_(*snapshot),
        normalization_(snapshot->map->rules.utf8),
        exact_case_(ComparesCase(snapshot->key_collation)) {}

  void Take(Connection::Row row) {
    if (row.size() < 2 || !row[0].has_value()) return;  // NULL equals no key
    value_.clear();
    size_t values = 0;
    for (const std::optional<absl::string_view>& column : row.subspan(1)) {
      if (!column.has_value()) continue;
      if (snapshot_.map->result_format.Append(*column, &value_)) {
        ++values;
      }
    }
    if (value_.empty()) return;
    if (exact_case_ && !IsFolded(*row[0])) return;
    const KeyKind kind = normalization_.Normalize(*row[0], &key_);
    if (kind == KeyKind::kUnmatchable) return;
    if (key_.empty() || key_.size() > kMaxKeyBytes) {
      ++snapshot_.unstorable_rows;
      return;
    }
    if (key_.find('@') == std::string::npos)
      snapshot_.has_local_part_keys = true;
    snapshot_.rows.Add(key_, value_, values);
  }

 private:
  MapSnapshot& snapshot_;
  // Postfix folds what it asks, so that no key finds such a row where the
  // database does not fold.
  bool IsFolded(absl::string_view key) {
    return FoldKey(key, normalization_.utf8(), &key_) && key_ == key;
  }

  const Normalization normalization_;
  const bool exact_case_;
  std::string key_;
  std::string value_;
};

absl::Status ReadMap(GroupReader& reader, size_t index, MapSnapshot* snapshot) {
  const MirroredMap& map = reader.group->maps[index];
  snapshot->map = &map;
  snapshot->key_collation = reader.collations[index];
  if (absl::Status used = reader.connection->Use(map.dbname); !used.ok()) {
    return AtMap(map, used);
  }
  RowReader rows(snapshot);
  const absl::Status read =
      reader.connection->Query(reader.selects[index], [&](Connection::Row row) {
        rows.Take(row);
        return absl::OkStatus();
      });
  return read.ok() ? read : AtMap(map, read);
}

void EndTransactions(absl::Span<GroupReader> readers) {
  for (GroupReader& reader : readers) {
    reader.connection->Execute("ROLLBACK").IgnoreError();
  }
}

// Opens a snapshot in every group, before the first row is read. True if they
// show one moment: no change fell between the first and the last.
absl::StatusOr<bool> BeginTransactions(absl::Span<GroupReader> readers) {
  const bool several = readers.size() > 1;
  absl::StatusOr<uint64_t> before = uint64_t{0};
  absl::StatusOr<uint64_t> after = uint64_t{0};
  if (several) before = ReadLsn(*readers[0].connection);
  if (!before.ok()) return before.status();
  for (GroupReader& reader : readers) {
    if (absl::Status begun = reader.connection->Execute(
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
        !begun.ok()) {
      return begun;
    }
  }
  if (several) after = ReadLsn(*readers[0].connection);
  if (!after.ok()) return after.status();
  return *before == *after;
}

absl::Status ReadMaps(absl::Span<GroupReader> readers, Snapshot* snapshot) {
  for (GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.group->maps.size(); ++i) {
      snapshot->maps.emplace_back();
      if (absl::Status read = ReadMap(reader, i, &snapshot->maps.back());
          !read.ok()) {
        return read;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status PrepareMap(const MirroredMap& map, GroupReader* reader) {
  Connection& connection = *reader->connection;
  if (absl::Status used = connection.Use(map.dbname); !used.ok()) return used;
  std::vector<std::vector<std::string>> primary_keys;
  for (const MirrorQuery::PrimaryKeyOrder& order : map.query.orders) {
    absl::StatusOr<std::vector<std::string>> columns =
        ReadPrimaryKey(connection, order.table);
    if (!columns.ok()) return columns.status();
    primary_keys.push_back(*std::move(columns));
  }
  reader->selects.push_back(SelectInPrimaryKeyOrder(map.query, primary_keys));
  absl::StatusOr<std::optional<std::string>> collation =
      ReadKeyCollation(connection, map.query);
  if (!collation.ok()) return collation.status();
  // MariaDB would compare a number with the key's leading digits.
  if (!map.query.key_column.empty() && !collation->has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("key column ", map.query.key_column,
                     " is no string, so that its keys cannot be compared as "
                     "MariaDB does: name "
                     "CAST(",
                     map.query.key_column, " AS CHAR) in a mirror_query line"));
  }
  reader->collations.push_back(collation->value_or(""));
  return absl::OkStatus();
}

absl::Status PrepareReader(GroupReader* reader) {
  reader->selects.clear();
  reader->collations.clear();
  for (const MirroredMap& map : reader->group->maps) {
    if (absl::Status prepared = PrepareMap(map, reader); !prepared.ok()) {
      return AtMap(map, prepared);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOneServer(absl::Span<GroupReader> readers) {
  if (readers.size() < 2) return absl::OkStatus();
  std::string first;
  for (GroupReader& reader : readers) {
    absl::StatusOr<std::string> identity =
        ReadServerIdentity(*reader.connection);
    if (!identity.ok()) return identity.status();
    if (first.empty()) first = *identity;
    if (first != *identity) {
      return absl::UnavailableError(
          absl::StrCat("server ", reader.connection->server(),
                       ": two connections reached different servers"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<GroupReader>> ConnectReaders(
    const ServerPlan& plan, const ServerAddress& address,
    absl::Duration connect_timeout, absl::Duration read_timeout) {
  std::vector<GroupReader> readers;
  for (const Group& group : plan.groups) {
    absl::StatusOr<std::unique_ptr<Connection>> connection =
        Connection::Open(address, {.log_on = group.log_on,
                                   .dbname = group.maps.front().dbname,
                                   .charset = group.charset,
                                   .connect_timeout = connect_timeout,
                                   .read_timeout = read_timeout});
    if (!connection.ok()) return connection.status();
    readers.push_back({.group = &group,
                       .connection = *std::move(connection),
                       .selects = {},
                       .collations = {}});
  }
  return readers;
}

absl::Status PrepareReaders(absl::Span<GroupReader> readers) {
  for (GroupReader& reader : readers) {
    if (absl::Status prepared = PrepareReader(&reader); !prepared.ok()) {
      return prepared;
    }
  }
  return CheckOneServer(readers);
}

absl::StatusOr<Snapshot> ReadSnapshot(absl::Span<GroupReader> readers) {
  Snapshot snapshot;
  {
    const absl::Cleanup end = [&] { EndTransactions(readers); };
    for (int attempt = 1; attempt <= kMaxAttempts; ++attempt) {
      if (attempt > 1) EndTransactions(readers);
      const absl::StatusOr<bool> begun = BeginTransactions(readers);
      if (!begun.ok()) return begun.status();
      snapshot.is_one_moment = *begun;
      if (snapshot.is_one_moment) break;
    }
    if (absl::Status read = ReadMaps(readers, &snapshot); !read.ok())
      return read;
  }
  for (MapSnapshot& map : snapshot.maps) map.rows.Sort();
  return snapshot;
}

}  // namespace postmirror
