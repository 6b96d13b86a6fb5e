#include "sync/server_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "sync/map_survey.h"
#include "sync/mariadb/binlog_facts.h"

namespace postmirror {
namespace {

// A table that is altered between the snapshot's opening and its SELECT makes
// the server give the read up, and a commit may be in the binlog that is not
// visible yet; that is no fault so soon.
constexpr int kMaxRepeats = 10;
constexpr absl::Duration kFirstPause = absl::Milliseconds(1);
constexpr absl::Duration kLongestPause = absl::Milliseconds(200);
// What no signal tells is asked for, though not as often: it is some statements
// each time.
constexpr absl::Duration kBesideInterval = absl::Seconds(1);
// How often a broken map is asked for, with all others, and an account that is
// refused: a server may count log-ons in vain.
constexpr absl::Duration kBrokenInterval = absl::Seconds(5);
// A replica further behind would take back what another host had.
constexpr absl::Duration kMaxBehind = absl::Seconds(60);

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
      choice_(CountMaps(*plan), config, clock, std::move(wake)) {}

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

absl::Status ServerSession::Connect(bool choosy) {
  std::vector<std::string> failures;
  absl::Status last;
  for (host_ = 0; host_ < plan_.hosts.size(); ++host_) {
    last = ConnectTo(plan_.hosts[host_], choosy);
    if (last.ok() || absl::IsCancelled(last)) return last;
    failures.emplace_back(last.message());
  }
  return absl::Status(last.code(), absl::StrJoin(failures, "; "));
}

absl::Status ServerSession::ConnectTo(const ServerAddress& address,
                                      bool choosy) {
  Close();
  absl::StatusOr<ServerReaders> connected = ConnectReaders(
      plan_, address, config_.connect_timeout, config_.read_timeout);
  if (!connected.ok()) return connected.status();
  refused_ = std::move(connected->refused);
  asked_refused_ = clock_.Now();
  if (absl::Status added = Add(std::move(connected->readers)); !added.ok()) {
    return added;
  }
  if (absl::Status good = CheckReplica(choosy); !good.ok()) return good;
  return Prepare();
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
      ConnectRefused(plan_.hosts[host_], config_.connect_timeout,
                     config_.read_timeout, &refused_, &readers);
  return tried.ok() ? Add(std::move(readers)) : tried;
}

bool ServerSession::EarlierHostAnswers() const {
  for (size_t i = 0; i < host_; ++i) {
    if (ConnectReaders(plan_, plan_.hosts[i], config_.connect_timeout,
                       config_.read_timeout)
            .ok()) {
      return true;
    }
  }
  return false;
}

absl::Status ServerSession::CheckReplica(bool choosy) {
  Connection& connection = *readers_.front().connection;
  const absl::StatusOr<std::optional<ReplicaState>> state =
      ReadReplicaState(connection);
  replica_state_hidden_ = false;
  if (absl::IsPermissionDenied(state.status())) {
    const absl::StatusOr<bool> replicates = Replicates(connection);
    if (!replicates.ok()) return replicates.status();
    is_replica_ = false;
    replica_state_hidden_ = *replicates || plan_.hosts.size() > 1;
    return absl::OkStatus();
  }
  if (!state.ok()) return state.status();
  is_replica_ = state->has_value();
  if (!choosy || !is_replica_) return absl::OkStatus();
  if (!(*state)->running) {
    return absl::UnavailableError(absl::StrCat(
        "server ", server(), ": is a replica that is stopped, and not read"));
  }
  const absl::Duration behind = (*state)->behind;
  if (behind <= kMaxBehind) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("server ", server(), ": is a replica that is ",
                   absl::FormatDuration(behind), " behind, and not read"));
}

// What the tables are is asked before everything is read: an ALTER may have
// changed the key's collation, the primary key or the engine.
absl::Status ServerSession::Prepare() {
  absl::Status status = ConnectRefusedGroups();
  if (status.ok()) status = choice_.Begin(*readers_.front().connection);
  if (status.ok()) {
    status = PrepareReaders(absl::MakeSpan(readers_), &collations_);
  }
  if (status.ok()) status = JudgeFaults().status();
  if (status.ok()) {
    looked_beside_ = clock_.Now();
    status = choice_.Choose(plan_.hosts[host_], absl::MakeSpan(readers_));
  }
  prepared_ = status.ok();
  return status;
}

absl::StatusOr<std::optional<Snapshot>> ServerSession::ReadAll(Moment* asked) {
  absl::Duration pause = kFirstPause;
  for (int repeats = 0;; ++repeats) {
    *asked = clock_.Now();
    absl::StatusOr<std::optional<Snapshot>> snapshot = TryReadAll();
    // What the signal told to a read that was given up is forgotten.
    if (snapshot.ok() && snapshot->has_value() && repeats > 0) {
      (*snapshot)->scope = ReadScope::Everything();
    }
    if (!absl::IsAborted(snapshot.status()) || repeats == kMaxRepeats) {
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
  ChangeSignal& signal = choice_.signal();
  if (absl::Status marked = signal.BeforeSnapshot(); !marked.ok()) {
    return marked;
  }
  absl::StatusOr<Snapshot> snapshot = ReadSnapshot(
      absl::MakeSpan(readers_), [&signal] { return signal.Scope(); });
  if (!snapshot.ok()) return snapshot.status();
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

absl::StatusOr<Snapshot> ServerSession::ReadNamed(
    Moment* asked, absl::FunctionRef<void(ReadScope*)> widen) {
  *asked = clock_.Now();
  absl::StatusOr<Snapshot> snapshot =
      postmirror::ReadNamed(absl::MakeSpan(readers_), [&] {
        absl::StatusOr<ReadScope> scope = choice_.signal().Scope();
        if (scope.ok()) widen(&*scope);
        return scope;
      });
  if (snapshot.ok()) Mark(&*snapshot);
  return snapshot;
}

absl::StatusOr<ChangeHint> ServerSession::Poll() {
  const Moment now = clock_.Now();
  absl::StatusOr<ChangeHint> hint = choice_.signal().Poll();
  if (!hint.ok()) return hint.status();
  const absl::StatusOr<ChangeHint> beside = LookBeside(now);
  if (!beside.ok()) return beside.status();
  // Of the two the one that asks for more; nothing is certain if either is not.
  if (*hint == ChangeHint::kUnchanged) return *beside;
  return *beside == ChangeHint::kChanged ? *beside : *hint;
}

bool ServerSession::HasViews() const {
  return std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) {
    return std::any_of(
        reader.maps.begin(), reader.maps.end(),
        [](const PreparedMap& map) { return !map.survey.views.empty(); });
  });
}

absl::StatusOr<ChangeHint> ServerSession::LookBeside(const Moment& now) {
  const bool has_views = choice_.signal().name() == "lsn" && HasViews();
  if (Elapsed(looked_beside_, now) < kBesideInterval) {
    return has_views ? ChangeHint::kUnknown : ChangeHint::kUnchanged;
  }
  looked_beside_ = now;
  if (is_replica_) {
    if (absl::Status good = CheckReplica(true); !good.ok()) return good;
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

// Redefining a view moves no LSN.
absl::StatusOr<ChangeHint> ServerSession::LookAtViews() {
  for (GroupReader& reader : readers_) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      if (!reader.maps[i].fault.ok()) continue;
      const absl::StatusOr<TableSurvey> survey =
          SurveyMap(reader.group->maps[i], *reader.connection);
      if (IsOfTheMap(survey.status())) return ChangeHint::kChanged;
      if (!survey.ok()) return survey.status();
      if (*survey != reader.maps[i].survey) return ChangeHint::kChanged;
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
