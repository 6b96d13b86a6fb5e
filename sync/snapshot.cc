#include "sync/snapshot.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "schema/key/normalization.h"
#include "schema/store/entry.h"
#include "sync/key_collation.h"
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

// Takes rows of one map as they come.
class RowReader {
 public:
  explicit RowReader(MapSnapshot* snapshot)
      : snapshot_(*snapshot),
        normalization_(snapshot->map->rules.utf8, snapshot->collation->table) {}

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
    if (!normalization_.NormalizeRow(*row[0], &key_)) return;
    if (key_.size() > kMaxKeyBytes) {
      ++snapshot_.unstorable_rows;
      return;
    }
    if (key_.find('@') == std::string::npos)
      snapshot_.has_local_part_keys = true;
    snapshot_.rows.Add(key_, value_, values);
  }

 private:
  MapSnapshot& snapshot_;
  const Normalization normalization_;
  std::string key_;
  std::string value_;
};

absl::Status ReadMap(GroupReader& reader, size_t index, MapSnapshot* snapshot) {
  const MirroredMap& map = reader.group->maps[index];
  snapshot->map = &map;
  snapshot->collation = reader.maps[index].collation;
  if (absl::Status used = reader.connection->Use(map.dbname); !used.ok()) {
    return AtMap(map, used);
  }
  RowReader rows(snapshot);
  const auto take = [&](Connection::Row row) {
    rows.Take(row);
    return absl::OkStatus();
  };
  if (absl::Status read =
          reader.connection->Query(reader.maps[index].select, take);
      !read.ok()) {
    return AtMap(map, read);
  }
  // Since its first row was read, the table cannot be altered; before, it may
  // have been, and its keys would have been compared by another collation.
  const absl::StatusOr<std::string> name =
      ReadKeyCollationName(map, *reader.connection);
  if (!name.ok()) return AtMap(map, name.status());
  if (*name == reader.maps[index].collation_name) return absl::OkStatus();
  return AtMap(map, absl::AbortedError("its key column is being altered"));
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

absl::Status PrepareMap(const MirroredMap& map, CollationTables* collations,
                        GroupReader* reader) {
  Connection& connection = *reader->connection;
  if (absl::Status used = connection.Use(map.dbname); !used.ok()) return used;
  std::vector<std::vector<std::string>> primary_keys;
  for (const MirrorQuery::PrimaryKeyOrder& order : map.query.orders) {
    absl::StatusOr<std::vector<std::string>> columns =
        ReadPrimaryKey(connection, order.table);
    if (!columns.ok()) return columns.status();
    primary_keys.push_back(*std::move(columns));
  }
  absl::StatusOr<std::string> name = ReadKeyCollationName(map, connection);
  if (!name.ok()) return name.status();
  absl::StatusOr<CollationTables::Collation> collation =
      FindKeyCollation(map, *name, connection, collations);
  if (!collation.ok()) return collation.status();
  reader->maps.push_back(
      {.select = SelectInPrimaryKeyOrder(map.query, primary_keys),
       .collation_name = *std::move(name),
       .collation = *std::move(collation)});
  return absl::OkStatus();
}

absl::Status PrepareReader(CollationTables* collations, GroupReader* reader) {
  reader->maps.clear();
  for (const MirroredMap& map : reader->group->maps) {
    if (absl::Status prepared = PrepareMap(map, collations, reader);
        !prepared.ok()) {
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

std::string MapSnapshot::Definition() const {
  return absl::StrCat(map->definition, "collation = ", collation->name, " ",
                      collation->digest, "\n");
}

absl::StatusOr<std::vector<GroupReader>> ConnectReaders(
    const ServerPlan& plan, const ServerAddress& address,
    absl::Duration connect_timeout, absl::Duration read_timeout) {
  std::vector<GroupReader> readers;
  for (const Group& group : plan.groups) {
    absl::StatusOr<std::unique_ptr<Connection>> connection =
        Connection::Open(address, {.log_on = group.log_on,
                                   .dbname = group.maps.front().dbname,
                                   .connect_timeout = connect_timeout,
                                   .read_timeout = read_timeout});
    if (!connection.ok()) return connection.status();
    readers.push_back(
        {.group = &group, .connection = *std::move(connection), .maps = {}});
  }
  return readers;
}

absl::Status PrepareReaders(absl::Span<GroupReader> readers,
                            CollationTables* collations) {
  for (GroupReader& reader : readers) {
    if (absl::Status prepared = PrepareReader(collations, &reader);
        !prepared.ok()) {
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
