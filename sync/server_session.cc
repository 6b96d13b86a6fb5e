#include "sync/server_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "sync/map_fault.h"
#include "sync/mariadb/binlog_facts.h"
#include "sync/table_check.h"

namespace postmirror {
namespace {

// A table that is altered between the snapshot's opening and its SELECT makes
// the server give the read up; that is no fault so soon.
constexpr int kMaxRepeats = 10;
constexpr absl::Duration kFirstPause = absl::Milliseconds(1);
constexpr absl::Duration kLongestPause = absl::Milliseconds(200);
// While hosts answer that are not to be read yet.
constexpr absl::Duration kWaitingPause = absl::Seconds(1);
// How often a broken map is asked for, with all others, and an account that is
// refused: a server may count log-ons in vain.
constexpr absl::Duration kBrokenInterval = absl::Seconds(5);

}  // namespace

ServerSession::ServerSession(const ServerPlan* plan,
                             const Surroundings& surroundings,
                             std::function<void()> wake)
    : plan_(*plan),
      config_(*surroundings.config),
      collations_(*surroundings.collations),
      find_stored_(surroundings.find_stored),
      clock_(*surroundings.clock),
      choice_(MapNames(*plan).size(), &config_, &clock_, std::move(wake)),
      left_out_(config_.reconcile_interval),
      hosts_(plan, &config_, &clock_) {}

ServerSession::~ServerSession() { Close(); }

void ServerSession::Cancel() {
  const std::lock_guard<std::mutex> lock(readers_mutex_);
  cancelled_ = true;
  for (GroupReader& reader : readers_) reader.connection->Cancel();
  choice_.Cancel();
}

void ServerSession::Close() {
  choice_.Drop();  // it asks through the connections
  must_reconnect_ = false;
  const std::lock_guard<std::mutex> lock(readers_mutex_);
  readers_.clear();
}

const std::string& ServerSession::server() const {
  return readers_.front().connection->server();
}

Connection& ServerSession::connection() { return *readers_.front().connection; }

absl::Status ServerSession::Connect(const StoredReads& stored) {
  std::vector<std::string> failures;
  absl::Status last;
  for (const size_t host : hosts_.BeginRound(stored)) {
    last = ConnectTo(host, false);
    if (last.ok() || absl::IsCancelled(last)) return last;
    failures.emplace_back(last.message());
  }
  if (const std::optional<size_t> host = hosts_.choice().LastResort()) {
    last = ConnectTo(*host, true);
    if (last.ok() || absl::IsCancelled(last)) return last;
    failures.emplace_back(last.message());
  }
  Close();
  return absl::Status(last.code(), absl::StrJoin(failures, "; "));
}

absl::Duration ServerSession::longest_pause() const {
  return hosts_.choice().is_waiting() ? kWaitingPause
                                      : absl::InfiniteDuration();
}

// `whatever`: whatever speaks against it.
absl::Status ServerSession::ConnectTo(size_t host, bool whatever) {
  Close();
  absl::StatusOr<ServerReaders> connected = ConnectReaders(
      plan_, plan_.hosts[host], config_.connect_timeout, config_.read_timeout);
  if (!connected.ok()) return connected.status();
  refused_ = std::move(connected->refused);
  asked_refused_ = clock_.Now();
  if (absl::Status added = Add(std::move(connected->readers)); !added.ok()) {
    return added;
  }
  absl::Status status = hosts_.Examine(host, whatever, connection());
  if (!status.ok()) return status;
  hosts_.choice().Take(host);
  status = Prepare();
  // Whoever lets us log on and cannot be asked is no better than one that
  // cannot be read.
  if (!status.ok()) hosts_.choice().ReadFailed(host);
  return status;
}

absl::Status ServerSession::Add(std::vector<GroupReader> readers) {
  const std::lock_guard<std::mutex> lock(readers_mutex_);
  // Cancel may have come before it could see them.
  if (cancelled_) return absl::CancelledError("stopped");
  std::move(readers.begin(), readers.end(), std::back_inserter(readers_));
  return absl::OkStatus();
}

absl::Status ServerSession::ConnectRefusedGroups() {
  const Moment now = clock_.Now();
  const absl::Duration interval = broken_.AnyMayPass(FindFaults({}, refused_))
                                      ? kFaultPause / 2
                                      : kBrokenInterval;
  if (refused_.empty() || Elapsed(asked_refused_, now) < interval) {
    return absl::OkStatus();
  }
  asked_refused_ = now;
  std::vector<GroupReader> readers;
  absl::Status tried = ConnectRefused(
      plan_.hosts[hosts_.choice().current()], config_.connect_timeout,
      config_.read_timeout, &refused_, &readers);
  return tried.ok() ? Add(std::move(readers)) : tried;
}

bool ServerSession::ShouldReconnect() {
  return must_reconnect_ || hosts_.BetterHostAnswers(connection());
}

// What the tables are is asked before everything is read: an ALTER may have
// changed the key's collation, the primary key or the engine.
absl::Status ServerSession::Prepare() {
  absl::Status status = ConnectRefusedGroups();
  if (status.ok()) status = choice_.Begin(absl::MakeSpan(readers_));
  const std::vector<TableSurvey> before = SurveysOf(readers_);
  if (status.ok()) {
    status = PrepareReaders(absl::MakeSpan(readers_), &collations_);
  }
  if (!absl::c_equal(before, SurveysOf(readers_),
                     [](const TableSurvey& one, const TableSurvey& other) {
                       return one.IsSameAs(other);
                     })) {
    tables_were_replaced_ = true;
  }
  left_out_.LeaveOut(absl::MakeSpan(readers_), clock_.Now());
  if (status.ok()) status = JudgeFaults().status();
  if (status.ok()) {
    NoteStoredCollations(absl::MakeSpan(readers_), find_stored_);
  }
  if (status.ok()) {
    looked_beside_ = clock_.Now();
    status = choice_.Choose(plan_.hosts[hosts_.choice().current()],
                            absl::MakeSpan(readers_));
  }
  prepared_ = status.ok();
  return status;
}

absl::StatusOr<std::optional<Snapshot>> ServerSession::ReadAll(Moment* asked) {
  read_named_ = signal_failed_ = tables_were_replaced_ = false;
  // Where everything is read often, there may be no poll between two reads.
  if (absl::Status good = hosts_.LookAtReplica(connection(), clock_.Now());
      !good.ok()) {
    return good;
  }
  absl::Duration pause = kFirstPause;
  for (int repeats = 0;; ++repeats) {
    *asked = clock_.Now();
    absl::StatusOr<std::optional<Snapshot>> snapshot = TryReadAll();
    // What the signal told to a read that was given up is forgotten.
    if (snapshot.ok() && snapshot->has_value() && repeats > 0) {
      (*snapshot)->scope = ReadScope::Everything();
    }
    if (!absl::IsAborted(snapshot.status()) || repeats == kMaxRepeats) {
      const absl::Status finished = Finish(
          snapshot.status(),
          snapshot.ok() && snapshot->has_value() ? &**snapshot : nullptr);
      if (!finished.ok()) return finished;
      return snapshot;
    }
    absl::SleepFor(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

absl::StatusOr<std::optional<Snapshot>> ServerSession::TryReadAll() {
  if (!prepared_) {
    if (absl::Status prepared = Prepare(); !prepared.ok()) return prepared;
  }
  prepared_ = false;
  asked_all_ = clock_.Now();
  // Where the preparation failed already, the rest would be read in vain.
  absl::StatusOr<bool> usable = JudgeFaults();
  if (!usable.ok()) return usable.status();
  if (!*usable) return std::nullopt;
  if (absl::Status tables = hosts_.ReadTables(readers_); !tables.ok()) {
    return tables;
  }
  ChangeSignal& signal = choice_.signal();
  if (absl::Status marked = signal.BeforeSnapshot(); !marked.ok()) {
    return marked;
  }
  Moment began;
  absl::StatusOr<Snapshot> snapshot = ReadSnapshot(
      absl::MakeSpan(readers_), [&]() -> absl::StatusOr<ReadScope> {
        absl::Status status = hosts_.ReadHighestGtids(connection());
        if (status.ok()) status = hosts_.ReadHighestPositions(connection());
        if (!status.ok()) return status;
        absl::StatusOr<ReadScope> scope = Scope();
        began = clock_.Now();
        return scope;
      });
  if (WasTooMuch(snapshot.status())) return std::nullopt;
  if (!snapshot.ok()) return snapshot.status();
  snapshot->reading = Elapsed(began, clock_.Now());
  for (const MapSnapshot& map : snapshot->maps) broken_.NoteRead(map.map->name);
  usable = JudgeFaults();
  if (!usable.ok()) return usable.status();
  if (!*usable) return std::nullopt;
  Mark(&*snapshot);
  return std::optional<Snapshot>(*std::move(snapshot));
}

// Whether a read ended since there was more of a map than is taken: then its
// connection is lost.
bool ServerSession::WasTooMuch(const absl::Status& read) {
  if (!absl::IsOutOfRange(read)) return false;
  left_out_.Note(readers_, clock_.Now());
  must_reconnect_ = true;
  return true;
}

// Whether what can be read may be read, or used, without the rest; fails where
// nothing can be, and has not been for so long that every map is broken.
absl::StatusOr<bool> ServerSession::JudgeFaults() {
  const std::vector<MapFault> faults = FindFaults(readers_, refused_);
  broken_.Note(faults, clock_.Now());
  if (broken_.AnyMayPass(faults)) return false;
  if (!faults.empty() && faults.size() == MapNames(plan_).size()) {
    return Joined(faults);
  }
  return true;
}

// An address may be moving into the broken map, and be in no other any more;
// the addresses of a new domain may be in it alone.
void ServerSession::Mark(Snapshot* snapshot) const {
  if (!broken_.any()) return;
  snapshot->removals_wait = true;
  snapshot->broken_maps = broken_.Names();
  for (MapSnapshot& map : snapshot->maps) {
    map.additions_wait = map.map->lists_domains;
  }
}

absl::StatusOr<Snapshot> ServerSession::ReadNamed(
    Moment* asked, absl::FunctionRef<void(ReadScope*)> widen) {
  read_named_ = true;
  signal_failed_ = false;
  *asked = clock_.Now();
  absl::StatusOr<Snapshot> snapshot = postmirror::ReadNamed(
      absl::MakeSpan(readers_), [&]() -> absl::StatusOr<ReadScope> {
        const absl::Status highest = hosts_.ReadHighestGtids(connection());
        if (!highest.ok()) return highest;
        absl::StatusOr<ReadScope> scope = NamedScope();
        if (scope.ok()) widen(&*scope);
        return scope;
      });
  if (WasTooMuch(snapshot.status())) {
    return absl::AbortedError(snapshot.status().message());
  }
  if (snapshot.ok()) Mark(&*snapshot);
  const absl::Status finished =
      Finish(snapshot.status(), snapshot.ok() ? &*snapshot : nullptr);
  if (!finished.ok()) return finished;
  return snapshot;
}

// A binlog that went back (RESET MASTER) ends the signal, and is nothing
// against reading the host.
absl::StatusOr<ReadScope> ServerSession::Scope() {
  absl::StatusOr<ReadScope> scope = choice_.signal().Scope();
  signal_failed_ = !scope.ok();
  return scope;
}

// What the signal names, as far as its tables are those that were surveyed.
absl::StatusOr<ReadScope> ServerSession::NamedScope() {
  absl::StatusOr<ReadScope> scope = Scope();
  if (!scope.ok() || scope->unproven.empty()) return scope;
  if (absl::Status checked = CheckTables(absl::MakeSpan(readers_), &*scope);
      !checked.ok()) {
    return checked;
  }
  if (!scope->everything) choice_.signal().MarkProven();
  return scope;
}

// `snapshot` is nullptr where there is none, and `status` says why.
absl::Status ServerSession::Finish(absl::Status status, Snapshot* snapshot) {
  if (snapshot != nullptr) return hosts_.Mark(connection(), snapshot);
  if (!status.ok() && !signal_failed_ && !absl::IsAborted(status) &&
      !absl::IsCancelled(status)) {
    hosts_.choice().ReadFailed(hosts_.choice().current());
  }
  return status;
}

absl::Status ServerSession::NoteRead(bool taken, bool changed) {
  hosts_.NoteRead(taken, changed);
  // A read of everything has asked.
  return read_named_ ? hosts_.NotePositions(connection()) : absl::OkStatus();
}

absl::StatusOr<ChangeHint> ServerSession::Poll() {
  const Moment now = clock_.Now();
  absl::StatusOr<ChangeHint> hint = choice_.signal().Poll();
  if (!hint.ok()) return hint.status();
  if (absl::Status good = hosts_.LookAtReplica(connection(), now); !good.ok()) {
    return good;
  }
  const absl::StatusOr<ChangeHint> beside = LookBeside(now);
  if (!beside.ok()) return beside.status();
  // Of the two the one that asks for more; nothing is certain if either is not.
  if (*hint == ChangeHint::kUnchanged) return *beside;
  return *beside == ChangeHint::kChanged ? *beside : *hint;
}

// A binlog need not tell that a table was replaced. The LSN moves with that,
// but not with a new definition of a view.
bool ServerSession::MustCompareTables() const {
  const absl::string_view signal = choice_.signal().name();
  return signal == "binlog" || (signal == "lsn" && HasViews(readers_));
}

absl::StatusOr<ChangeHint> ServerSession::LookBeside(const Moment& now) {
  const bool compares = MustCompareTables();
  if (Elapsed(looked_beside_, now) < HostExaminer::kBesideInterval) {
    return compares ? ChangeHint::kUnknown : ChangeHint::kUnchanged;
  }
  looked_beside_ = now;
  // A node that has lost its Galera cluster still says where its logs are, and
  // that nothing changes; this it refuses.
  if (absl::Status serves = connection().Execute("DO 0"); !serves.ok()) {
    return serves;
  }
  if (absl::Status noted = hosts_.NotePositions(connection()); !noted.ok()) {
    return noted;
  }
  if (choice_.must_not_replicate()) {
    const absl::StatusOr<bool> replicates = Replicates(connection());
    if (!replicates.ok()) return replicates.status();
    // Another signal has to be chosen.
    if (*replicates) return ChangeHint::kChanged;
  }
  if (BrokenMapAnswers(now)) return ChangeHint::kChanged;
  if (!compares) return ChangeHint::kUnchanged;
  const absl::StatusOr<Comparison> compared = CompareWithSurveys(readers_);
  if (!compared.ok()) return compared.status();
  return *compared == Comparison::kSame        ? ChangeHint::kUnchanged
         : *compared == Comparison::kDifferent ? ChangeHint::kChanged
                                               : ChangeHint::kUnknown;
}

// Whether reading everything may mend a map that is broken. No signal tells,
// for what its tables are is not known.
bool ServerSession::BrokenMapAnswers(const Moment& now) {
  if (!broken_.any() || Elapsed(asked_all_, now) < kBrokenInterval)
    return false;
  const size_t refused = refused_.size();
  if (!ConnectRefusedGroups().ok() || refused_.size() < refused) return true;
  for (const GroupReader& reader : readers_) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      const bool waits = reader.maps[i].fault.ok() ||
                         left_out_.Has(reader.group->maps[i].name, now);
      if (!waits && IsMended(reader, i, &collations_)) return true;
    }
  }
  must_reconnect_ = LogOnMends(now);
  return false;
}

// Tried no more often than an account that is refused.
bool ServerSession::LogOnMends(const Moment& now) {
  if (Elapsed(tried_log_on_, now) < kBrokenInterval) return false;
  tried_log_on_ = now;
  const ServerAddress& address = plan_.hosts[hosts_.choice().current()];
  return absl::c_any_of(readers_, [&](const GroupReader& reader) {
    return IsMendedByLogOn(address, reader, config_.connect_timeout,
                           config_.read_timeout, &collations_);
  });
}

}  // namespace postmirror
