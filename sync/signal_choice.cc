#include "sync/signal_choice.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/binlog/column_format.h"
#include "sync/interval_signal.h"
#include "sync/key_hints.h"
#include "sync/lsn_signal.h"
#include "sync/mariadb/server_facts.h"
#include "sync/server_id.h"

namespace postmirror {
namespace {

// So many heartbeats fit into read_timeout: two may come late.
constexpr int kHeartbeatsPerTimeout = 3;

// What an account does not see of a table may be of any type.
WatchedShape WatchedShapeOf(const TableShape& table) {
  WatchedShape shape = {.types = {},
                        .has_open_files = table.engine != "InnoDB"};
  for (const TableColumn& column : table.columns) {
    shape.types.resize(column.place + 1);
    shape.types.back() = TypesOf(column.data_type);
  }
  return shape;
}

std::shared_ptr<const WatchedMaps> Watched(absl::Span<GroupReader> readers) {
  std::vector<MapTables> maps;
  for (const GroupReader& reader : readers) {
    for (const PreparedMap& map : reader.maps) {
      MapTables& watched = maps.emplace_back();
      watched.hints = map.hints;
      for (const auto& [name, shape] : map.survey.tables) {
        watched.tables.emplace(name, WatchedShapeOf(shape));
      }
    }
  }
  return std::make_shared<const WatchedMaps>(maps);
}

// The first reason that the maps have for `kind`, or "".
std::string FirstReason(absl::Span<GroupReader> readers,
                        std::string TableSurvey::*kind) {
  for (const GroupReader& reader : readers) {
    for (const PreparedMap& map : reader.maps) {
      if (!(map.survey.*kind).empty()) return map.survey.*kind;
    }
  }
  return "";
}

std::string Advice(const BinlogSettings& binlog) {
  if (binlog.format != "ROW") {
    return absl::StrCat(
        "binlog_format is ", binlog.format,
        ", so that a statement does not tell which rows it changes and all "
        "maps are read again: set binlog_format = ROW on the server");
  }
  if (binlog.row_image != "FULL") {
    return absl::StrCat(
        "binlog_row_image is ", binlog.row_image,
        ", so that a change may not tell its key and the whole map is read "
        "again: set binlog_row_image = FULL on the server");
  }
  return "";
}

}  // namespace

SignalChoice::SignalChoice(const Config* config, const Clock* clock,
                           std::function<void()> wake)
    : config_(*config),
      clock_(*clock),
      wake_(std::move(wake)),
      server_id_(config_.server_id.value_or(DerivedServerId(config_.store))) {}

absl::Status SignalChoice::Begin(Connection& connection) {
  position_.reset();
  if (config_.change_source != ChangeSource::kAuto &&
      config_.change_source != ChangeSource::kBinlog) {
    return absl::OkStatus();
  }
  absl::StatusOr<BinlogSettings> binlog = ReadBinlogSettings(connection);
  if (!binlog.ok()) return binlog.status();
  binlog_ = *std::move(binlog);
  absl::StatusOr<std::optional<BinlogPosition>> position =
      ReadBinlogPosition(connection);
  if (!position.ok()) return position.status();
  position_ = *std::move(position);
  return absl::OkStatus();
}

absl::Status SignalChoice::Choose(const ServerAddress& address,
                                  absl::Span<GroupReader> readers) {
  Connection& connection = *readers.front().connection;
  advice_.clear();
  if (config_.change_source == ChangeSource::kInterval) {
    return UseInterval(connection, "configured");
  }
  const std::string blind = FirstReason(readers, &TableSurvey::blind_spot);
  if (!blind.empty()) return UseInterval(connection, blind);
  std::string why = "configured";
  if (config_.change_source != ChangeSource::kLsn) {
    absl::StatusOr<std::string> refusal = TryBinlog(address, readers);
    if (!refusal.ok()) return refusal.status();
    if (refusal->empty()) return absl::OkStatus();
    why = *std::move(refusal);
  }
  const std::string not_innodb = FirstReason(readers, &TableSurvey::not_innodb);
  if (!not_innodb.empty()) {
    return UseInterval(connection, absl::StrCat(why, "; ", not_innodb));
  }
  return UseLsn(connection, why);
}

absl::Status SignalChoice::UseInterval(Connection& connection,
                                       absl::string_view why) {
  if (signal_ == nullptr || signal_->name() != "interval") {
    Install(std::make_unique<IntervalSignal>(
        [&connection] { return connection.Execute("DO 0"); }));
  }
  reason_ = absl::StrCat(why, "; changes are found every ",
                         absl::FormatDuration(config_.reconcile_interval));
  return absl::OkStatus();
}

absl::Status SignalChoice::UseLsn(Connection& connection,
                                  absl::string_view why) {
  if (signal_ == nullptr || signal_->name() != "lsn") {
    Install(std::make_unique<LsnSignal>(
        [&connection] { return ReadLsn(connection); },
        config_.lsn_poll_interval, &clock_));
  }
  reason_ = absl::StrCat(
      why, "; every table is InnoDB; freshness is at worst about ",
      absl::FormatDuration(config_.lsn_poll_interval + kLsnSettleTime),
      " and the time of four reads");
  return absl::OkStatus();
}

// Installs the binlog signal; otherwise says why it cannot be.
absl::StatusOr<std::string> SignalChoice::TryBinlog(
    const ServerAddress& address, absl::Span<GroupReader> readers) {
  if (!position_.has_value()) return std::string("log_bin is off");
  if (binlog_.lacks_replicated) {
    return std::string(
        "the server replicates others, and its binlog lacks their changes "
        "(log_slave_updates is off)");
  }
  if (!binlog_.filter.empty()) {
    return absl::StrCat("the binlog does not have every database (",
                        binlog_.filter, ")");
  }
  // Not at each of many reads.
  if (refused_.has_value() &&
      Elapsed(*refused_, clock_.Now()) < config_.reconcile_interval) {
    return refusal_;
  }
  if (absl::Status found = FindKeyHints(readers); !found.ok()) return found;
  if (binlog_signal_ != nullptr) {
    binlog_signal_->Watch(Watched(readers), *position_);
  } else if (absl::Status used = UseBinlog(address, readers); !used.ok()) {
    refused_ = clock_.Now();
    refusal_ = absl::StrCat("the binlog cannot be read: ", used.message());
    return refusal_;
  }
  advice_ = Advice(binlog_);
  reason_ = absl::StrCat(
      "the server has one and the account may read it; freshness is at worst "
      "about ",
      absl::FormatDuration(kBinlogProbeInterval),
      advice_.empty() ? "" : " and the time of four reads");
  return std::string();
}

absl::Status SignalChoice::UseBinlog(const ServerAddress& address,
                                     absl::Span<GroupReader> readers) {
  absl::StatusOr<std::unique_ptr<BinlogStream>> stream =
      OpenStream(address, readers);
  if (!stream.ok()) return stream.status();
  Connection& connection = *readers.front().connection;
  auto signal = std::make_unique<BinlogSignal>(
      *std::move(stream), *position_, Watched(readers),
      [&connection] { return ReadBinlogPosition(connection); }, wake_, &clock_);
  BinlogSignal* const installed = signal.get();
  Install(std::move(signal));
  binlog_signal_ = installed;
  return absl::OkStatus();
}

// As the first of the groups' accounts that may.
absl::StatusOr<std::unique_ptr<BinlogStream>> SignalChoice::OpenStream(
    const ServerAddress& address, absl::Span<GroupReader> readers) {
  absl::Status first;
  for (const GroupReader& reader : readers) {
    absl::StatusOr<std::unique_ptr<BinlogStream>> stream =
        OpenStreamAs(address, reader);
    if (stream.ok()) return stream;
    first.Update(stream.status());
  }
  return first;
}

absl::StatusOr<std::unique_ptr<BinlogStream>> SignalChoice::OpenStreamAs(
    const ServerAddress& address, const GroupReader& reader) {
  absl::StatusOr<std::unique_ptr<Connection>> connection =
      Connection::Open(address, {.log_on = reader.group->log_on,
                                 .dbname = "",
                                 .connect_timeout = config_.connect_timeout,
                                 .read_timeout = config_.read_timeout});
  if (!connection.ok()) return connection.status();
  const absl::StatusOr<std::string> ours =
      ReadServerIdentity(*reader.connection);
  if (!ours.ok()) return ours.status();
  const absl::StatusOr<std::string> its = ReadServerIdentity(**connection);
  if (!its.ok()) return its.status();
  if (*ours != *its) {
    return absl::UnavailableError(
        absl::StrCat("server ", reader.connection->server(),
                     ": two connections reached different servers"));
  }
  return BinlogStream::Open(
      *std::move(connection),
      {.start = *position_,
       .server_id = server_id_,
       .heartbeat = config_.read_timeout / kHeartbeatsPerTimeout});
}

void SignalChoice::Install(std::unique_ptr<ChangeSignal> signal) {
  binlog_signal_ = nullptr;
  ++number_;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::swap(signal_, signal);
  }
  // The old one, if any, ends here, outside of the lock.
}

void SignalChoice::Drop() {
  Install(nullptr);
  refused_.reset();
}

uint32_t SignalChoice::ChangeServerId() {
  return std::exchange(server_id_, RandomServerId());
}

void SignalChoice::Cancel() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (signal_ != nullptr) signal_->Cancel();
}

}  // namespace postmirror
