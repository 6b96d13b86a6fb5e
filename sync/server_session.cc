#include "sync/server_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "sync/map_survey.h"
#include "sync/mariadb/binlog_facts.h"
#include "sync/mariadb/host_questions.h"

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
// While hosts answer that are not to be read yet.
constexpr absl::Duration kWaitingPause = absl::Seconds(1);

std::vector<std::string> Entries(const std::vector<ServerAddress>& hosts) {
  std::vector<std::string> entries;
  for (const ServerAddress& host : hosts) entries.push_back(host.ToString());
  return entries;
}

}  // namespace

ServerSession::ServerSession(const ServerPlan* plan, const Config* config,
                             CollationTables* collations, const Clock* clock,
                             std::function<void()> wake)
    : plan_(*plan),
      config_(*config),
      collations_(*collations),
      clock_(*clock),
      choice_(config, clock, std::move(wake)),
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
  absl::StatusOr<std::vector<GroupReader>> readers = ConnectReaders(
      plan_, plan_.hosts[host], config_.connect_timeout, config_.read_timeout);
  if (!readers.ok()) return readers.status();
  {
    const std::lock_guard<std::mutex> lock(readers_mutex_);
    // Cancel may have come before it could see them.
    if (cancelled_) return absl::CancelledError("stopped");
    readers_ = *std::move(readers);
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
  const absl::StatusOr<std::vector<GroupReader>> readers = ConnectReaders(
      plan_, plan_.hosts[host], config_.connect_timeout, config_.read_timeout);
  if (!readers.ok()) return false;
  Connection& connection = *readers->front().connection;
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
  absl::Status status = choice_.Begin(*readers_.front().connection);
  if (status.ok()) {
    status = PrepareReaders(absl::MakeSpan(readers_), &collations_);
  }
  if (status.ok()) {
    looked_beside_ = clock_.Now();
    status =
        choice_.Choose(plan_.hosts[hosts_.current()], absl::MakeSpan(readers_));
  }
  prepared_ = status.ok();
  return status;
}

absl::StatusOr<Snapshot> ServerSession::ReadAll(Moment* asked) {
  read_named_ = signal_failed_ = false;
  // Where everything is read often, there may be no poll between two reads.
  if (absl::Status good = LookAtReplica(clock_.Now()); !good.ok()) return good;
  absl::Duration pause = kFirstPause;
  for (int repeats = 0;; ++repeats) {
    *asked = clock_.Now();
    absl::StatusOr<Snapshot> snapshot = TryReadAll();
    // What the signal told to a read that was given up is forgotten.
    if (snapshot.ok() && repeats > 0) {
      snapshot->scope = ReadScope::Everything();
    }
    if (!absl::IsAborted(snapshot.status()) || repeats == kMaxRepeats) {
      return Finish(std::move(snapshot));
    }
    absl::SleepFor(pause);
    pause = std::min(2 * pause, kLongestPause);
  }
}

absl::StatusOr<Snapshot> ServerSession::TryReadAll() {
  if (!prepared_) {
    if (absl::Status prepared = Prepare(); !prepared.ok()) return prepared;
  }
  prepared_ = false;
  if (absl::Status taken = TakeTables(); !taken.ok()) return taken;
  ChangeSignal& signal = choice_.signal();
  if (absl::Status marked = signal.BeforeSnapshot(); !marked.ok()) {
    return marked;
  }
  return ReadSnapshot(
      absl::MakeSpan(readers_), [&]() -> absl::StatusOr<ReadScope> {
        Connection& connection = *readers_.front().connection;
        absl::Status status = ReadHighestGtids(connection, &facts_);
        if (status.ok()) {
          status = ReadHighestPositions(connection, &facts_.traits);
        }
        if (!status.ok()) return status;
        return Scope();
      });
}

// Which tables are read, and since when they are there.
absl::Status ServerSession::TakeTables() {
  std::map<TableName, std::string>& created = facts_.traits.created;
  created.clear();
  for (const GroupReader& reader : readers_) {
    for (const PreparedMap& map : reader.maps) {
      for (const TableName& table : map.survey.tables) {
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
  return Finish(postmirror::ReadNamed(
      absl::MakeSpan(readers_), [&]() -> absl::StatusOr<ReadScope> {
        const absl::Status highest =
            ReadHighestGtids(*readers_.front().connection, &facts_);
        if (!highest.ok()) return highest;
        absl::StatusOr<ReadScope> scope = Scope();
        if (scope.ok()) widen(&*scope);
        return scope;
      }));
}

// A binlog that went back (RESET MASTER) ends the signal, and is nothing
// against reading the host.
absl::StatusOr<ReadScope> ServerSession::Scope() {
  absl::StatusOr<ReadScope> scope = choice_.signal().Scope();
  signal_failed_ = !scope.ok();
  return scope;
}

// Says of a snapshot what the host it came from means for the store.
absl::StatusOr<Snapshot> ServerSession::Finish(absl::StatusOr<Snapshot> read) {
  if (read.ok() && hosts_.uncontained()) {
    const absl::StatusOr<bool> replicates =
        Replicates(*readers_.front().connection);
    if (!replicates.ok()) return replicates.status();
    read->uncontained = hosts_.TakesBack(*replicates);
  }
  if (read.ok()) {
    read->hosts = hosts_.list();
    read->read_bound = hosts_.BoundWith(facts_);
    hosts_.ReadSucceeded(hosts_.current());
  } else if (!signal_failed_ && !absl::IsAborted(read.status()) &&
             !absl::IsCancelled(read.status())) {
    hosts_.ReadFailed(hosts_.current());
  }
  return read;
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

absl::StatusOr<ChangeHint> ServerSession::LookBeside(const Moment& now) {
  const bool has_views =
      choice_.signal().name() == "lsn" &&
      std::any_of(readers_.begin(), readers_.end(), [](const auto& reader) {
        return std::any_of(
            reader.maps.begin(), reader.maps.end(),
            [](const PreparedMap& map) { return !map.survey.views.empty(); });
      });
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
  if (!has_views) return ChangeHint::kUnchanged;
  // Redefining a view moves no LSN.
  for (GroupReader& reader : readers_) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      const absl::StatusOr<TableSurvey> survey =
          SurveyMap(reader.group->maps[i], *reader.connection);
      if (!survey.ok()) return survey.status();
      if (*survey != reader.maps[i].survey) return ChangeHint::kChanged;
    }
  }
  return ChangeHint::kUnchanged;
}

}  // namespace postmirror
