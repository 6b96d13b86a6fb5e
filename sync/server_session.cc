#include "sync/server_session.h"

#include <algorithm>
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
// A replica further behind would take back what another host had.
constexpr absl::Duration kMaxBehind = absl::Seconds(60);

}  // namespace

ServerSession::ServerSession(const ServerPlan* plan, const Config* config,
                             CollationTables* collations, const Clock* clock,
                             std::function<void()> wake)
    : plan_(*plan),
      config_(*config),
      collations_(*collations),
      clock_(*clock),
      choice_(config, clock, std::move(wake)) {}

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
  absl::StatusOr<std::vector<GroupReader>> readers = ConnectReaders(
      plan_, address, config_.connect_timeout, config_.read_timeout);
  if (!readers.ok()) return readers.status();
  {
    const std::lock_guard<std::mutex> lock(readers_mutex_);
    // Cancel may have come before it could see them.
    if (cancelled_) return absl::CancelledError("stopped");
    readers_ = *std::move(readers);
  }
  if (absl::Status good = CheckReplica(choosy); !good.ok()) return good;
  return Prepare();
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
  absl::Status status = choice_.Begin(absl::MakeSpan(readers_));
  if (status.ok()) {
    status = PrepareReaders(absl::MakeSpan(readers_), &collations_);
  }
  if (status.ok()) {
    looked_beside_ = clock_.Now();
    status = choice_.Choose(plan_.hosts[host_], absl::MakeSpan(readers_));
  }
  prepared_ = status.ok();
  return status;
}

absl::StatusOr<Snapshot> ServerSession::ReadAll(Moment* asked) {
  absl::Duration pause = kFirstPause;
  for (int repeats = 0;; ++repeats) {
    *asked = clock_.Now();
    absl::StatusOr<Snapshot> snapshot = TryReadAll();
    // What the signal told to a read that was given up is forgotten.
    if (snapshot.ok() && repeats > 0) {
      snapshot->scope = ReadScope::Everything();
    }
    if (!absl::IsAborted(snapshot.status()) || repeats == kMaxRepeats) {
      return snapshot;
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
  ChangeSignal& signal = choice_.signal();
  if (absl::Status marked = signal.BeforeSnapshot(); !marked.ok()) {
    return marked;
  }
  Moment began;
  absl::StatusOr<Snapshot> snapshot =
      ReadSnapshot(absl::MakeSpan(readers_), [&] {
        absl::StatusOr<ReadScope> scope = signal.Scope();
        began = clock_.Now();
        return scope;
      });
  if (snapshot.ok()) snapshot->reading = Elapsed(began, clock_.Now());
  return snapshot;
}

absl::StatusOr<Snapshot> ServerSession::ReadNamed(
    Moment* asked, absl::FunctionRef<void(ReadScope*)> widen) {
  *asked = clock_.Now();
  return postmirror::ReadNamed(absl::MakeSpan(readers_), [&] {
    absl::StatusOr<ReadScope> scope = choice_.signal().Scope();
    if (scope.ok()) widen(&*scope);
    return scope;
  });
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
