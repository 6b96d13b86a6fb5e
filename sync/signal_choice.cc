#include "sync/signal_choice.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/binlog/column_format.h"
#include "sync/interval_signal.h"
#include "sync/key_hints.h"
#include "sync/lsn_signal.h"
#include "sync/lsn_watch.h"
#include "sync/mariadb/server_facts.h"
#include "sync/read_pace.h"
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

// Of a map that cannot be read, no table is known.
std::shared_ptr<const WatchedMaps> Watched(absl::Span<GroupReader> readers,
                                           size_t count) {
  std::vector<MapTables> maps(count);
  for (const GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      MapTables& watched = maps[reader.first_map + i];
      watched.hints = reader.maps[i].hints;
      for (const auto& [name, shape] : reader.maps[i].survey.tables) {
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

// What the account may do to see whether the binlog has every database.
constexpr absl::string_view kSeeFilter =
    "grant the account BINLOG MONITOR (grants-binlog.sql), by which "
    "postmirror-sync sees whether the binlog has every database";

// Where the binlog's filter is not seen.
std::string AdviceOnFilter(absl::string_view not_innodb) {
  std::string advice = absl::StrCat(
      "whether the binlog has every database is not known, so that InnoDB's "
      "log position is asked, too, and what the binlog lacks is found after ",
      absl::FormatDuration(kBlindInterval), ", or ",
      absl::FormatDuration(kBlindIntervalBesideEvents),
      " where the binlog gets other changes: ", kSeeFilter);
  if (not_innodb.empty()) return advice;
  return absl::StrCat(advice, "; ", not_innodb,
                      ", and no change of it moves that position");
}

std::string AdviceOnRows(const BinlogSettings& binlog) {
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

SignalChoice::SignalChoice(size_t maps, const Config* config,
                           const Clock* clock, std::function<void()> wake)
    : maps_(maps),
      config_(*config),
      clock_(*clock),
      wake_(std::move(wake)),
      server_id_(config_.server_id.value_or(DerivedServerId(config_.store))) {}

absl::Status SignalChoice::Begin(absl::Span<GroupReader> readers) {
  position_.reset();
  if (config_.change_source != ChangeSource::kAuto &&
      config_.change_source != ChangeSource::kBinlog) {
    return absl::OkStatus();
  }
  // Of the groups' accounts one that may see the filter, if there is one.
  for (GroupReader& reader : readers) {
    absl::StatusOr<BinlogSettings> binlog =
        ReadBinlogSettings(*reader.connection);
    if (!binlog.ok()) return binlog.status();
    binlog_ = *std::move(binlog);
    if (!binlog_.filter_hidden) break;
  }
  absl::StatusOr<std::optional<BinlogPosition>> position =
      ReadBinlogPosition(*readers.front().connection);
  if (!position.ok()) return position.status();
  position_ = *std::move(position);
  return absl::OkStatus();
}

absl::Status SignalChoice::Choose(const ServerAddress& address,
                                  absl::Span<GroupReader> readers) {
  Connection& connection = *readers.front().connection;
  host_ = address.ToString();
  if (!binlog_.filter_hidden) doubted_.erase(host_);
  advice_.clear();
  if (config_.change_source == ChangeSource::kInterval) {
    return UseInterval(connection, "configured");
  }
  const std::string blind = FirstReason(readers, &TableSurvey::blind_spot);
  if (!blind.empty()) return UseInterval(connection, blind);
  not_innodb_ = FirstReason(readers, &TableSurvey::not_innodb);
  std::string why = "configured";
  if (config_.change_source != ChangeSource::kLsn) {
    absl::StatusOr<std::string> refusal = TryBinlog(address, readers);
    if (!refusal.ok()) return refusal.status();
    if (refusal->empty()) return absl::OkStatus();
    why = *std::move(refusal);
  }
  if (!not_innodb_.empty()) {
    return UseInterval(connection, absl::StrCat(why, "; ", not_innodb_));
  }
  return UseLsn(connection, why);
}

absl::Status SignalChoice::UseInterval(Connection& connection,
                                       absl::string_view why) {
  if (signal_ == nullptr || signal_->name() != "interval") {
    Install(std::make_unique<IntervalSignal>(
        [&connection] { return connection.Execute("DO 0"); }));
  }
  reason_ = absl::StrCat(why, "; changes of all maps are found every ",
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
      " and the time of two reads, and ",
      absl::FormatDuration(ReadPace::kLongestPause),
      " more where other writes make it read all the time");
  return absl::OkStatus();
}

// Why the binlog is not trusted, or "".
std::string SignalChoice::RefuseBinlog() const {
  if (!position_.has_value()) return "log_bin is off";
  if (binlog_.lacks_replicated) {
    return "the server replicates others, and its binlog lacks their changes "
           "(log_slave_updates is off)";
  }
  if (!binlog_.filter.empty()) {
    return absl::StrCat("the binlog does not have every database (",
                        binlog_.filter, ")");
  }
  // What is not InnoDB's the position of its log would not tell either.
  if (not_innodb_.empty() && doubted_.contains(host_)) {
    return absl::StrCat("the binlog did not tell of a change; ", kSeeFilter);
  }
  return "";
}

// Installs the binlog signal; otherwise says why it cannot be.
absl::StatusOr<std::string> SignalChoice::TryBinlog(
    const ServerAddress& address, absl::Span<GroupReader> readers) {
  std::string refusal = RefuseBinlog();
  if (!refusal.empty()) return refusal;
  // Not at each of many reads.
  if (refused_.has_value() &&
      Elapsed(*refused_, clock_.Now()) < config_.reconcile_interval) {
    return refusal_;
  }
  if (absl::Status found = FindKeyHints(readers); !found.ok()) return found;
  if (binlog_signal_ != nullptr) {
    binlog_signal_->Watch(Watched(readers, maps_), *position_);
  } else if (absl::Status used = UseBinlog(address, readers); !used.ok()) {
    refused_ = clock_.Now();
    refusal_ = absl::StrCat("the binlog cannot be read: ", used.message());
    return refusal_;
  }
  // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete): Install() has kept it
  if (binlog_.filter_hidden != binlog_signal_->watches_lsn()) {
    WatchLsn(*readers.front().connection);
  }
  advice_ = AdviceOnRows(binlog_);
  reason_ = absl::StrCat(
      "the server has one and the account may read it; freshness is at worst "
      "about ",
      absl::FormatDuration(kBinlogProbeInterval));
  if (!advice_.empty()) {
    absl::StrAppend(&reason_, ", the time of two reads, and ",
                    absl::FormatDuration(ReadPace::kLongestPause),
                    " between them");
  }
  if (binlog_.filter_hidden) {
    absl::StrAppend(&reason_, " for what it has");
    absl::StrAppend(&advice_, advice_.empty() ? "" : "; ",
                    AdviceOnFilter(not_innodb_));
  }
  return std::string();
}

void SignalChoice::WatchLsn(Connection& connection) {
  std::unique_ptr<LsnWatch> watch;
  // A server without InnoDB has no such number.
  if (binlog_.filter_hidden &&
      !absl::IsFailedPrecondition(ReadLsn(connection).status())) {
    watch = std::make_unique<LsnWatch>(
        [&connection] { return ReadLsn(connection); }, &clock_);
  }
  binlog_signal_->WatchLsn(std::move(watch));
}

bool SignalChoice::NoteUntold() {
  if (binlog_signal_ == nullptr || !binlog_signal_->watches_lsn()) return false;
  // What is not InnoDB's only the binlog may tell.
  if (!not_innodb_.empty()) return false;
  doubted_.insert(host_);
  return true;
}

absl::Status SignalChoice::UseBinlog(const ServerAddress& address,
                                     absl::Span<GroupReader> readers) {
  absl::StatusOr<std::unique_ptr<BinlogStream>> stream =
      OpenStream(address, readers);
  if (!stream.ok()) return stream.status();
  Connection& connection = *readers.front().connection;
  auto signal = std::make_unique<BinlogSignal>(
      *std::move(stream), Watched(readers, maps_),
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
                                 .read_timeout = config_.read_timeout,
                                 .owners = reader.group->owners,
                                 .watch = reader.group->watch});
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

bool SignalChoice::is_as_configured() const {
  switch (config_.change_source) {
    case ChangeSource::kBinlog:
      return signal_->name() == "binlog";
    case ChangeSource::kInterval:
      return true;
    case ChangeSource::kAuto:
    case ChangeSource::kLsn:
      return signal_->name() != "interval";
  }
  return true;
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
