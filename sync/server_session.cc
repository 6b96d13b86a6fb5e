#include "sync/server_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "sync/map_survey.h"
#include "sync/mariadb/binlog_facts.h"
#include "sync/mariadb/host_questions.h"
#include "sync/table_check.h"

namespace postmirror {
namespace {

// A table that is altered between the snapshot's opening and its SELECT makes
// the server give the read up; that is no fault so soon.
constexpr int kMaxRepeats = 10;
constexpr absl::Duration kFirstPause = absl::Milliseconds(1);
constexpr absl::Duration kLongestPause = absl::Milliseconds(200);
// What no signal tells is asked for, though not as often: it is some statements
// each time. A little less than a second, so that each of the polls that come
// once a second asks.
constexpr absl::Duration kBesideInterval = absl::Milliseconds(900);
// While hosts answer that are not to be read yet.
constexpr absl::Duration kWaitingPause = absl::Seconds(1);
// How often a broken map is asked for, with all others, and an account that is
// refused: a server may count log-ons in vain.
constexpr absl::Duration kBrokenInterval = absl::Seconds(5);

std::vector<std::string> Entries(const std::vector<ServerAddress>& hosts) {
  std::vector<std::string> entries;
  for (const ServerAddress& host : hosts) entries.push_back(host.ToString());
  return entries;
}

size_t CountMaps(const ServerPlan& plan) {
  size_t maps = 0;
  for (const Group& group : plan.groups) maps += group.maps.size();
  return maps;
}

}  // namespace

ServerSession::ServerSession(const ServerPlan* plan, const Config* config,
                             CollationTables* collations, const Clock* clock,
                             std::function<void()> wake)
    : plan_(*plan),
      config_(*config),
      collations_(*collations),
      clock_(*clock),
      choice_(CountMaps(*plan), config, clock, std::move(wake)),
      hosts_(Entries(plan->hosts),
             {.host_wait = config->host_wait,
              .reconcile_interval = config->reconcile_interval},
             clock) {}

ServerSession::~ServerSession() { Close(); }

void ServerSession::Cancel() {
  const std::lock_guard<std::mutex> lock(readers_mutex_);
  cancelled_ = true;
  for (GroupReader& reader : readers_) reader.connection->Cancel();
  choice_.Cancel();
}

void ServerSession::Close() {
  choice_.Drop();  // it asks through the connections
  const std::lock_guard<std::mutex> lock(readers_mutex_);
  readers_.clear();
}

const std::string& ServerSession::server() const {
  return readers_.front().connection->server();
}

absl::Status ServerSession::Connect(const StoredReads& stored) {
  hosts_.Remember(stored);
  looked_for_hosts_ = clock_.Now();
  std::vector<std::string> failures;
  absl::Status last;
  for (const size_t host : hosts_.Order()) {
    last = ConnectTo(host, false);
    if (last.ok() || absl::IsCancelled(last)) return last;
    failures.emplace_back(last.message());
  }
  if (const std::optional<size_t> host = hosts_.LastResort()) {
    last = ConnectTo(*host, true);
    if (last.ok() || absl::IsCancelled(last)) return last;
    failures.emplace_back(last.message());
  }
  Close();
  return absl::Status(last.code(), absl::StrJoin(failures, "; "));
}

absl::Duration ServerSession::longest_pause() const {
  return hosts_.is_waiting() ? kWaitingPause : absl::InfiniteDuration();
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
  absl::Status status = Examine(host, whatever);
  if (!status.ok()) return status;
  hosts_.Take(host);
  status = Prepare();
  // Whoever lets us log on and cannot be asked is no better than one that
  // cannot be read.
  if (!status.ok()) hosts_.ReadFailed(host);
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
  absl::Status tried =
      ConnectRefused(plan_.hosts[hosts_.current()], config_.connect_timeout,
                     config_.read_timeout, &refused_, &readers);
  return tried.ok() ? Add(std::move(readers)) : tried;
}

// Asks the connected host what it has, and what speaks against it.
absl::Status ServerSession::Examine(size_t host, bool whatever) {
  Connection& connection = *readers_.front().connection;
  absl::StatusOr<HostFacts> facts =
      hosts_.several() ? ReadHostFacts(connection, hosts_.Tables())
                       : ReadHostIdentity(connection);
  if (!facts.ok()) return facts.status();
  facts_ = *std::move(facts);
  facts_.traits.host = hosts_.hosts()[host];
  const absl::StatusOr<std::optional<ReplicaState>> state =
      ReadReplicaState(connection);
  replica_is_bad_ = replica_state_hidden_ = false;
  std::optional<ReplicaState> replica;
  if (absl::IsPermissionDenied(state.status())) {
    const absl::StatusOr<bool> replicates = Replicates(connection);
    if (!replicates.ok()) return replicates.status();
    replica_state_hidden_ = *replicates || hosts_.several();
  } else if (!state.ok()) {
    return state.status();
  } else {
    replica = *state;
  }
  is_replica_ = replica.has_value();
  looked_at_replica_ = clock_.Now();
  if (whatever) return absl::OkStatus();
  const std::optional<std::string> objection =
      hosts_.Objection(host, facts_, replica);
  if (!objection.has_value()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("server ", server(), ": ", *objection, ", and not read"));
}

bool ServerSession::BetterHostAnswers() {
  const Moment now = clock_.Now();
  if (Elapsed(looked_for_hosts_, now) < hosts_.look_interval()) return false;
  looked_for_hosts_ = now;
  const std::vector<size_t> better = hosts_.BetterHosts();
  return std::any_of(better.begin(), better.end(),
                     [this](size_t host) { return IsGood(host); });
}

// Asks on connections of its own: the current host is read until then.
bool ServerSession::IsGood(size_t host) {
  const absl::StatusOr<ServerReaders> connected = ConnectReaders(
      plan_, plan_.hosts[host], config_.connect_timeout, config_.read_timeout);
  if (!connected.ok()) return false;
  Connection& connection = *connected->readers.front().connection;
  if (hosts_.doubt().empty()) {
    const absl::StatusOr<bool> is_same =
        LeadToOneServer(*readers_.front().connection, connection);
    if (!is_same.ok()) return false;
    if (*is_same) {
      hosts_.NoteSameServer(host);
      return true;
    }
  }
  absl::StatusOr<HostFacts> facts = ReadHostFacts(connection, hosts_.Tables());
  if (!facts.ok()) return false;
  facts->traits.host = hosts_.hosts()[host];
  const absl::StatusOr<std::optional<ReplicaState>> state =
      ReadReplicaState(connection);
  if (!state.ok() && !absl::IsPermissionDenied(state.status())) return false;
  return hosts_.IsGood(host, *facts,
                       state.ok() ? *state : std::optional<ReplicaState>());
}

// What the tables are is asked before everything is read: an ALTER may have
// changed the key's collation, the primary key or the engine.
absl::Status ServerSession::Prepare() {
  absl::Status status = ConnectRefusedGroups();
  if (status.ok()) status = choice_.Begin(absl::MakeSpan(readers_));
  if (status.ok()) {
    status = PrepareReaders(absl::MakeSpan(readers_), &collations_);
  }
  if (status.ok()) status = JudgeFaults().status();
  if (status.ok()) {
    looked_beside_ = clock_.Now();
    status =
        choice_.Choose(plan_.hosts[hosts_.current()], absl::MakeSpan(readers_));
  }
  prepared_ = status.ok();
  return status;
}

absl::StatusOr<std::optional<Snapshot>> ServerSession::ReadAll(Moment* asked) {
  read_named_ = signal_failed_ = false;
  // Where everything is read often, there may be no poll between two reads.
  if (absl::Status good = LookAtReplica(clock_.Now()); !good.ok()) return good;
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
  if (absl::Status taken = TakeTables(); !taken.ok()) return taken;
  ChangeSignal& signal = choice_.signal();
  if (absl::Status marked = signal.BeforeSnapshot(); !marked.ok()) {
    return marked;
  }
  Moment began;
  absl::StatusOr<Snapshot> snapshot = ReadSnapshot(
      absl::MakeSpan(readers_), [&]() -> absl::StatusOr<ReadScope> {
        Connection& connection = *readers_.front().connection;
        absl::Status status = ReadHighestGtids(connection, &facts_);
        if (status.ok()) {
          status = ReadHighestPositions(connection, &facts_.traits);
        }
        if (!status.ok()) return status;
        absl::StatusOr<ReadScope> scope = Scope();
        began = clock_.Now();
        return scope;
      });
  if (!snapshot.ok()) return snapshot.status();
  snapshot->reading = Elapsed(began, clock_.Now());
  for (const MapSnapshot& map : snapshot->maps) broken_.NoteRead(map.map->name);
  usable = JudgeFaults();
  if (!usable.ok()) return usable.status();
  if (!*usable) return std::nullopt;
  Mark(&*snapshot);
  return std::optional<Snapshot>(*std::move(snapshot));
}

// Whether what can be read may be read, or used, without the rest; fails where
// nothing can be.
absl::StatusOr<bool> ServerSession::JudgeFaults() {
  const std::vector<MapFault> faults = FindFaults(readers_, refused_);
  broken_.Note(faults, clock_.Now());
  if (!faults.empty() && faults.size() == CountMaps(plan_)) {
    return Joined(faults);
  }
  return !broken_.AnyMayPass(faults);
}

// An address may be moving into the broken map, and be in no other any more;
// the addresses of a new domain may be in it alone.
void ServerSession::Mark(Snapshot* snapshot) const {
  if (!broken_.any()) return;
  snapshot->removals_wait = true;
  for (MapSnapshot& map : snapshot->maps) {
    map.additions_wait = map.map->lists_domains;
  }
}

// Which tables are read, and since when they are there.
absl::Status ServerSession::TakeTables() {
  std::map<TableName, std::string>& created = facts_.traits.created;
  created.clear();
  for (const GroupReader& reader : readers_) {
    for (const PreparedMap& map : reader.maps) {
      for (const auto& [table, shape] : map.survey.tables) {
        created.emplace(table, "");
      }
    }
  }
  return ReadCreateTimes(*readers_.front().connection, &created);
}

absl::StatusOr<Snapshot> ServerSession::ReadNamed(
    Moment* asked, absl::FunctionRef<void(ReadScope*)> widen) {
  read_named_ = true;
  signal_failed_ = false;
  *asked = clock_.Now();
  absl::StatusOr<Snapshot> snapshot = postmirror::ReadNamed(
      absl::MakeSpan(readers_), [&]() -> absl::StatusOr<ReadScope> {
        const absl::Status highest =
            ReadHighestGtids(*readers_.front().connection, &facts_);
        if (!highest.ok()) return highest;
        absl::StatusOr<ReadScope> scope = NamedScope();
        if (scope.ok()) widen(&*scope);
        return scope;
      });
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

// Says of a snapshot what the host it came from means for the store; `snapshot`
// is nullptr where there is none, and `status` says why.
absl::Status ServerSession::Finish(absl::Status status, Snapshot* snapshot) {
  if (snapshot != nullptr && hosts_.uncontained()) {
    const absl::StatusOr<bool> replicates =
        Replicates(*readers_.front().connection);
    if (!replicates.ok()) return replicates.status();
    snapshot->uncontained = hosts_.TakesBack(*replicates);
  }
  if (snapshot != nullptr) {
    snapshot->hosts = hosts_.list();
    snapshot->read_bound = hosts_.BoundWith(facts_);
    hosts_.ReadSucceeded(hosts_.current());
  } else if (!status.ok() && !signal_failed_ && !absl::IsAborted(status) &&
             !absl::IsCancelled(status)) {
    hosts_.ReadFailed(hosts_.current());
  }
  return status;
}

absl::StatusOr<std::string> ServerSession::NoteRead(bool taken) {
  std::string kept = hosts_.NoteRead(facts_, taken).value_or("");
  // Where its log is now, a host that goes back is known by; a read of
  // everything has asked.
  if (read_named_ && hosts_.several()) {
    const absl::Status asked =
        ReadHighestPositions(*readers_.front().connection, &facts_.traits);
    if (!asked.ok()) return asked;
    hosts_.NotePositions(facts_);
  }
  return kept;
}

absl::StatusOr<ChangeHint> ServerSession::Poll() {
  const Moment now = clock_.Now();
  absl::StatusOr<ChangeHint> hint = choice_.signal().Poll();
  if (!hint.ok()) return hint.status();
  if (absl::Status good = LookAtReplica(now); !good.ok()) return good;
  const absl::StatusOr<ChangeHint> beside = LookBeside(now);
  if (!beside.ok()) return beside.status();
  // Of the two the one that asks for more; nothing is certain if either is not.
  if (*hint == ChangeHint::kUnchanged) return *beside;
  return *beside == ChangeHint::kChanged ? *beside : *hint;
}

// A replica that stops or falls behind is left, though not for the moment that
// a STOP SLAVE; START SLAVE takes; one that is read in spite of that stays.
absl::Status ServerSession::LookAtReplica(const Moment& now) {
  if (!is_replica_ || !hosts_.doubt().empty() ||
      Elapsed(looked_at_replica_, now) < kBesideInterval) {
    return absl::OkStatus();
  }
  looked_at_replica_ = now;
  const absl::StatusOr<std::optional<ReplicaState>> state =
      ReadReplicaState(*readers_.front().connection);
  if (absl::IsPermissionDenied(state.status())) return absl::OkStatus();
  if (!state.ok()) return state.status();
  is_replica_ = state->has_value();
  const std::optional<std::string> against = hosts_.Against(*state);
  const bool was_bad = std::exchange(replica_is_bad_, against.has_value());
  if (!was_bad || !against.has_value()) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("server ", server(), ": ", *against, ", and not read"));
}

bool ServerSession::HasViews() const {
  return std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) {
    return std::any_of(
        reader.maps.begin(), reader.maps.end(),
        [](const PreparedMap& map) { return !map.survey.views.empty(); });
  });
}

absl::StatusOr<ChangeHint> ServerSession::LookBeside(const Moment& now) {
  const bool has_views = choice_.signal().name() != "interval" && HasViews();
  if (Elapsed(looked_beside_, now) < kBesideInterval) {
    return has_views ? ChangeHint::kUnknown : ChangeHint::kUnchanged;
  }
  looked_beside_ = now;
  if (hosts_.several()) {
    const absl::Status asked =
        ReadHighestPositions(*readers_.front().connection, &facts_.traits);
    if (!asked.ok()) return asked;
    hosts_.NotePositions(facts_);
  }
  if (choice_.must_not_replicate()) {
    const absl::StatusOr<bool> replicates =
        Replicates(*readers_.front().connection);
    if (!replicates.ok()) return replicates.status();
    // Another signal has to be chosen.
    if (*replicates) return ChangeHint::kChanged;
  }
  if (BrokenMapAnswers(now)) return ChangeHint::kChanged;
  return has_views ? LookAtViews() : ChangeHint::kUnchanged;
}

// Redefining a view moves no LSN, and need not be in the binlog.
absl::StatusOr<ChangeHint> ServerSession::LookAtViews() {
  for (GroupReader& reader : readers_) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      if (!reader.maps[i].fault.ok()) continue;
      const absl::StatusOr<TableSurvey> survey =
          SurveyMap(reader.group->maps[i], *reader.connection);
      if (IsOfTheMap(survey.status())) return ChangeHint::kChanged;
      if (!survey.ok()) return survey.status();
      if (!survey->IsSameAs(reader.maps[i].survey)) return ChangeHint::kChanged;
    }
  }
  return ChangeHint::kUnchanged;
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
      if (!reader.maps[i].fault.ok() && IsMended(reader, i, &collations_)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace postmirror
