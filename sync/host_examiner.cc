#include "sync/host_examiner.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync/mariadb/binlog_facts.h"
#include "sync/mariadb/host_questions.h"

namespace postmirror {
namespace {

std::vector<std::string> Entries(const std::vector<ServerAddress>& hosts) {
  std::vector<std::string> entries;
  entries.reserve(hosts.size());
  for (const ServerAddress& host : hosts) entries.push_back(host.ToString());
  return entries;
}

absl::Status NotToBeRead(const Connection& connection,
                         const std::string& objection) {
  return absl::UnavailableError(absl::StrCat(
      "server ", connection.server(), ": ", objection, ", and not read"));
}

}  // namespace

HostExaminer::HostExaminer(const ServerPlan* plan, const Config* config,
                           const Clock* clock)
    : plan_(*plan),
      config_(*config),
      clock_(*clock),
      choice_(Entries(plan->hosts),
              {.host_wait = config->host_wait,
               .reconcile_interval = config->reconcile_interval},
              clock) {}

std::vector<size_t> HostExaminer::BeginRound(const StoredReads& stored) {
  choice_.Remember(stored);
  looked_for_hosts_ = clock_.Now();
  return choice_.Order();
}

absl::Status HostExaminer::Examine(size_t host, bool whatever,
                                   Connection& connection) {
  absl::StatusOr<HostFacts> facts =
      choice_.several() ? ReadHostFacts(connection, choice_.Tables(host))
                        : ReadHostIdentity(connection);
  if (!facts.ok()) return facts.status();
  facts_ = *std::move(facts);
  facts_.traits.host = choice_.hosts()[host];
  const absl::StatusOr<std::optional<ReplicaState>> state =
      ReadReplicaState(connection);
  replica_is_bad_ = replica_state_hidden_ = false;
  std::optional<ReplicaState> replica;
  if (absl::IsPermissionDenied(state.status())) {
    const absl::StatusOr<bool> replicates = Replicates(connection);
    if (!replicates.ok()) return replicates.status();
    replica_state_hidden_ = *replicates || choice_.several();
    facts_.replicates = *replicates;
  } else if (!state.ok()) {
    return state.status();
  } else {
    replica = *state;
    facts_.replicates = replica.has_value() && replica->running;
  }
  is_replica_ = replica.has_value();
  looked_at_replica_ = clock_.Now();
  if (whatever) return absl::OkStatus();
  const std::optional<std::string> objection =
      choice_.Objection(host, facts_, replica);
  if (!objection.has_value()) return absl::OkStatus();
  return NotToBeRead(connection, *objection);
}

bool HostExaminer::BetterHostAnswers(Connection& current) {
  const Moment now = clock_.Now();
  if (Elapsed(looked_for_hosts_, now) < choice_.look_interval()) return false;
  looked_for_hosts_ = now;
  const std::vector<size_t> better = choice_.BetterHosts();
  return std::any_of(better.begin(), better.end(),
                     [&](size_t host) { return IsGood(host, current); });
}

bool HostExaminer::IsGood(size_t host, Connection& current) {
  const absl::StatusOr<bool> good = Judge(host, current);
  if (!good.ok()) choice_.NoteNoAnswer(host);
  return good.ok() && *good;
}

// Fails where the host does not answer.
absl::StatusOr<bool> HostExaminer::Judge(size_t host, Connection& current) {
  const absl::StatusOr<ServerReaders> connected = ConnectReaders(
      plan_, plan_.hosts[host], config_.connect_timeout, config_.read_timeout);
  if (!connected.ok()) return connected.status();
  Connection& connection = *connected->readers.front().connection;
  if (choice_.doubt().empty()) {
    absl::StatusOr<bool> is_same = LeadToOneServer(current, connection);
    if (!is_same.ok()) return is_same;
    if (*is_same) {
      choice_.NoteSameServer(host);
      return true;
    }
  }
  absl::StatusOr<HostFacts> facts =
      ReadHostFacts(connection, choice_.Tables(host));
  if (!facts.ok()) return facts.status();
  facts->traits.host = choice_.hosts()[host];
  const absl::StatusOr<std::optional<ReplicaState>> state =
      ReadReplicaState(connection);
  if (!state.ok() && !absl::IsPermissionDenied(state.status())) {
    return state.status();
  }
  return choice_.IsGood(host, *facts,
                        state.ok() ? *state : std::optional<ReplicaState>());
}

absl::Status HostExaminer::LookAtReplica(Connection& connection,
                                         const Moment& now) {
  // A primary may become a replica while it is read.
  const bool may_be_replica = is_replica_ || choice_.several();
  if (!may_be_replica || !choice_.doubt().empty() ||
      Elapsed(looked_at_replica_, now) < kBesideInterval) {
    return absl::OkStatus();
  }
  looked_at_replica_ = now;
  const absl::StatusOr<std::optional<ReplicaState>> state =
      ReadReplicaState(connection);
  if (absl::IsPermissionDenied(state.status())) return absl::OkStatus();
  if (!state.ok()) return state.status();
  is_replica_ = state->has_value();
  choice_.NoteReplica(*state);
  const std::optional<std::string> against = choice_.Against(*state);
  const bool was_bad = std::exchange(replica_is_bad_, against.has_value());
  if (!was_bad || !against.has_value()) return absl::OkStatus();
  return NotToBeRead(connection, *against);
}

absl::Status HostExaminer::ReadTables(absl::Span<const GroupReader> readers) {
  std::map<TableName, std::string>& created = facts_.traits.created;
  created.clear();
  for (const GroupReader& reader : readers) {
    for (const PreparedMap& map : reader.maps) {
      for (const auto& [table, shape] : map.survey.tables) {
        created.emplace(table, "");
      }
    }
  }
  Connection& connection = *readers.front().connection;
  absl::Status status = ReadCreateTimes(connection, &created);
  if (!status.ok() || facts_.traits.binlog.has_value()) return status;
  status = ReadHighestGtids(connection);
  facts_.shown = facts_.gtids;
  return status;
}

absl::Status HostExaminer::ReadHighestGtids(Connection& connection) {
  return postmirror::ReadHighestGtids(connection, &facts_);
}

absl::Status HostExaminer::ReadHighestPositions(Connection& connection) {
  return postmirror::ReadHighestPositions(connection, &facts_.traits);
}

absl::Status HostExaminer::Mark(Connection& connection, Snapshot* snapshot) {
  if (choice_.uncontained()) {
    const absl::StatusOr<bool> replicates = Replicates(connection);
    if (!replicates.ok()) return replicates.status();
    snapshot->uncontained = choice_.TakesBack(*replicates);
  }
  snapshot->contained = !choice_.uncontained() && choice_.doubt().empty();
  snapshot->bound_maps = MapNames(plan_);
  snapshot->read_bound = choice_.BoundWith(facts_);
  choice_.ReadSucceeded(choice_.current());
  return absl::OkStatus();
}

void HostExaminer::NoteRead(bool taken, bool changed) {
  choice_.NoteRead(facts_, taken, changed);
}

absl::Status HostExaminer::NotePositions(Connection& connection) {
  if (!choice_.several()) return absl::OkStatus();
  absl::Status status = ReadHighestPositions(connection);
  if (status.ok()) choice_.NotePositions(facts_);
  return status;
}

}  // namespace postmirror
