#include "sync/mirror_loop.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sync/interval_signal.h"
#include "sync/lsn_signal.h"
#include "sync/mariadb/server_facts.h"

namespace postmirror {
namespace {

// How often the loop looks up from waiting, for the stop signal and for
// requests.
constexpr absl::Duration kTick = absl::Milliseconds(100);
// Three parts of rest to one of reading: a quarter of the time at most.
constexpr int kRestPerRead = 3;
constexpr absl::Duration kLongestPause = absl::Seconds(10);
// A table that is altered between the snapshot's opening and its SELECT makes
// the server give the read up; that is no fault yet.
constexpr int kMaxRepeats = 5;
// Redefining a view moves no LSN, so that views are looked at, though not as
// often: it is some statements each time.
constexpr absl::Duration kViewInterval = absl::Seconds(1);

std::vector<std::string> MapNames(const ServerPlan& plan) {
  std::vector<std::string> names;
  for (const Group& group : plan.groups) {
    for (const MirroredMap& map : group.maps) names.push_back(map.name);
  }
  return names;
}

std::string HostNames(const ServerPlan& plan) {
  return absl::StrJoin(plan.hosts, ", ",
                       [](std::string* out, const ServerAddress& host) {
                         absl::StrAppend(out, host.ToString());
                       });
}

}  // namespace

MirrorLoop::MirrorLoop(const ServerPlan* plan, size_t number,
                       absl::string_view folder,
                       const Surroundings& surroundings)
    : plan_(*plan),
      number_(number),
      with_(surroundings),
      inbox_(folder, MapNames(*plan), surroundings.store, surroundings.clock,
             surroundings.logger),
      log_(surroundings.clock, surroundings.logger),
      // A frozen server that goes on must be read again within twice
      // read_timeout.
      backoff_(std::min(kLongestPause, surroundings.config->read_timeout),
               std::random_device()()) {
  status_.hosts = HostNames(plan_);
  for (const std::string& name : MapNames(plan_)) {
    status_.maps.push_back(with_.board->Earlier(name));
    RestoreGuard(status_.maps.back());
  }
  with_.board->Post(number_, status_);
}

// A restart does not release what is held, nor forget how large a map was.
void MirrorLoop::RestoreGuard(const MapStatus& earlier) {
  if (!earlier.largest.has_value()) return;
  std::optional<Removals> held;
  if (!earlier.held_digest.empty()) {
    held = Removals{.count = earlier.held_removals,
                    .digest = earlier.held_digest,
                    .key_hashes = {}};
  }
  with_.store->Restore(earlier.name, *earlier.largest, std::move(held));
}

void MirrorLoop::Run() {
  while (!with_.stop->stopped()) {
    const absl::Status ended = Follow();
    if (ended.ok() || with_.stop->stopped()) continue;
    PostBroken(ended);
    with_.stop->WaitFor(backoff_.Next());
  }
}

void MirrorLoop::Cancel() {
  const std::lock_guard<std::mutex> lock(readers_mutex_);
  for (GroupReader& reader : readers_) reader.connection->Cancel();
}

// One connection's life. OK when it is to be opened anew, or at the stop
// signal.
absl::Status MirrorLoop::Follow() {
  if (absl::Status connected = Connect(); !connected.ok()) return connected;
  connected_ = with_.clock->Now();
  for (;;) {
    if (absl::Status mirrored = Mirror(); !mirrored.ok()) return mirrored;
    const absl::StatusOr<Next> next = Wait();
    if (!next.ok()) return next.status();
    if (*next != Next::kRead) return absl::OkStatus();
  }
}

absl::Status MirrorLoop::Connect() {
  std::vector<std::string> failures;
  absl::Status last;
  for (host_ = 0; host_ < plan_.hosts.size(); ++host_) {
    last = ConnectTo(plan_.hosts[host_]);
    if (last.ok() || with_.stop->stopped()) return last;
    failures.emplace_back(last.message());
  }
  return absl::Status(last.code(), absl::StrJoin(failures, "; "));
}

absl::Status MirrorLoop::ConnectTo(const ServerAddress& address) {
  absl::StatusOr<std::vector<GroupReader>> readers =
      ConnectReaders(plan_, address, with_.config->connect_timeout,
                     with_.config->read_timeout);
  if (!readers.ok()) return readers.status();
  signal_.reset();  // it asks through the old connection
  {
    const std::lock_guard<std::mutex> lock(readers_mutex_);
    readers_ = *std::move(readers);
    // Cancel may have come before it could see them.
    if (with_.stop->stopped()) return absl::CancelledError("stopped");
  }
  return Prepare();
}

// What the tables are is asked before every read: an ALTER may have changed the
// key's collation, the primary key or the engine.
absl::Status MirrorLoop::Prepare() {
  absl::Status prepared =
      PrepareReaders(absl::MakeSpan(readers_), with_.collations);
  if (prepared.ok()) prepared = ChooseSignal();
  prepared_ = prepared.ok();
  return prepared;
}

absl::Status MirrorLoop::ChooseSignal() {
  Connection& connection = *readers_.front().connection;
  const std::string every =
      absl::StrCat("changes are found every ",
                   absl::FormatDuration(with_.config->reconcile_interval));
  std::string reason = "every table is InnoDB";
  bool lsn = with_.config->change_source != ChangeSource::kInterval;
  if (!lsn) {
    reason = absl::StrCat("configured; ", every);
  } else {
    surveyed_ = with_.clock->Now();
    absl::StatusOr<TableSurvey> survey = SurveyMaps(absl::MakeSpan(readers_));
    if (!survey.ok()) return survey.status();
    survey_ = *std::move(survey);
    lsn = survey_.blind_spot.empty();
    if (!lsn) reason = absl::StrCat(survey_.blind_spot, "; ", every);
  }
  const absl::string_view name = lsn ? "lsn" : "interval";
  if (signal_ != nullptr && signal_->name() == name) {
    // It goes on from what it has seen.
  } else if (lsn) {
    signal_ = std::make_unique<LsnSignal>(
        [&connection] { return ReadLsn(connection); },
        with_.config->lsn_poll_interval, with_.clock);
  } else {
    signal_ = std::make_unique<IntervalSignal>(
        [&connection] { return connection.Execute("DO 0"); });
  }
  log_.Source(signal_->name(), reason);
  status_.server = connection.server();
  status_.change_source = std::string(signal_->name());
  status_.reason = reason;
  return absl::OkStatus();
}

// Reads a snapshot; again where the server gives the read up. `*asked` is a
// moment just before.
absl::StatusOr<Snapshot> MirrorLoop::Read(Moment* asked) {
  for (int repeats = 0;; ++repeats) {
    *asked = with_.clock->Now();
    absl::StatusOr<Snapshot> snapshot = TryRead();
    if (!absl::IsAborted(snapshot.status()) || repeats == kMaxRepeats) {
      return snapshot;
    }
  }
}

absl::StatusOr<Snapshot> MirrorLoop::TryRead() {
  if (!prepared_) {
    if (absl::Status prepared = Prepare(); !prepared.ok()) return prepared;
  }
  prepared_ = false;
  if (absl::Status marked = signal_->BeforeSnapshot(); !marked.ok()) {
    return marked;
  }
  return ReadSnapshot(absl::MakeSpan(readers_));
}

absl::Status MirrorLoop::Mirror() {
  Moment asked;
  absl::StatusOr<Snapshot> snapshot = Read(&asked);
  if (!snapshot.ok()) return snapshot.status();
  log_.Oddities(*snapshot, with_.config->mydestination_stated);
  inbox_.Submit();
  // Asked before: if the store is replaced meanwhile, that is one read too
  // many, not one too few.
  const uint64_t generation = with_.store->generation();
  const absl::StatusOr<std::vector<MapResult>> results =
      with_.store->Apply(*snapshot);
  if (!results.ok()) return results.status();
  inbox_.Answer(*results);
  Report(*results, asked);
  generation_ = generation;
  last_read_ = with_.clock->Now();
  pause_after_read_ = Elapsed(asked, last_read_) * kRestPerRead;
  // A connection that ends soon after each read must not be opened at once
  // again.
  if (Elapsed(connected_, last_read_) >= kLongestPause) backoff_.Reset();
  return absl::OkStatus();
}

void MirrorLoop::Report(const std::vector<MapResult>& results,
                        const Moment& asked) {
  log_.Healthy(status_.server);
  log_.Results(results);
  status_.error.clear();
  for (MapStatus& map : status_.maps) {
    const auto result = std::find_if(
        results.begin(), results.end(),
        [&](const MapResult& candidate) { return candidate.map == map.name; });
    if (result == results.end()) continue;
    map.held_removals = result->held.has_value() ? result->held->count : 0;
    map.held_digest = result->held.has_value() ? result->held->digest : "";
    map.largest = result->largest;
    if (!result->held.has_value()) map.confirmed = asked;
  }
  with_.board->Post(number_, status_);
}

void MirrorLoop::PostBroken(const absl::Status& status) {
  log_.Broken(status);
  status_.server.clear();
  status_.error = std::string(status.message());
  status_.last_error =
      absl::StrCat(absl::FormatTime(absl::RFC3339_sec, with_.clock->Now().wall,
                                    absl::LocalTimeZone()),
                   " ", status_.error);
  with_.board->Post(number_, status_);
}

absl::StatusOr<MirrorLoop::Next> MirrorLoop::Wait() {
  bool changed = false;
  Moment polled = last_read_;
  while (!with_.stop->stopped()) {
    const Moment now = with_.clock->Now();
    const absl::Duration since_read = Elapsed(last_read_, now);
    if (since_read >= with_.config->reconcile_interval) {
      // An earlier host may be back; later ones are a substitute.
      return host_ > 0 ? Next::kReconnect : Next::kRead;
    }
    if (inbox_.Collect()) return Next::kRead;
    if (changed && since_read >= pause_after_read_) return Next::kRead;
    if (!changed && Elapsed(polled, now) >= signal_->poll_interval()) {
      polled = now;
      const absl::StatusOr<bool> hint = PollSignal();
      if (!hint.ok()) return hint.status();
      changed = *hint;
      if (changed) continue;
    }
    const absl::Duration due =
        changed ? pause_after_read_ - since_read
                : signal_->poll_interval() - Elapsed(polled, now);
    with_.stop->WaitFor(std::clamp(due, absl::Milliseconds(1), kTick));
  }
  return Next::kStop;
}

// True if a read is due.
absl::StatusOr<bool> MirrorLoop::PollSignal() {
  const Moment asked = with_.clock->Now();
  absl::StatusOr<ChangeHint> hint = signal_->Poll();
  if (!hint.ok()) return hint.status();
  const absl::Status opened = with_.store->Open();
  // What is read next is put into its place.
  if (absl::IsDataLoss(opened)) return true;
  if (!opened.ok()) return opened;
  // A store that was replaced or set aside meanwhile lacks our maps.
  if (with_.store->generation() != generation_) return true;
  if (*hint == ChangeHint::kUnchanged && !survey_.views.empty()) {
    hint = LookAtViews(asked);
    if (!hint.ok()) return hint.status();
  }
  if (*hint == ChangeHint::kUnchanged) {
    for (MapStatus& map : status_.maps) {
      if (map.held_digest.empty()) map.confirmed = asked;
    }
    with_.board->Post(number_, status_);
  }
  return *hint == ChangeHint::kChanged;
}

// Whether the views are as they were at the last read, about once a second; in
// between nothing can be said.
absl::StatusOr<ChangeHint> MirrorLoop::LookAtViews(const Moment& now) {
  if (Elapsed(surveyed_, now) < kViewInterval) return ChangeHint::kUnknown;
  surveyed_ = now;
  const absl::StatusOr<TableSurvey> survey =
      SurveyMaps(absl::MakeSpan(readers_));
  if (!survey.ok()) return survey.status();
  return *survey == survey_ ? ChangeHint::kUnchanged : ChangeHint::kChanged;
}

}  // namespace postmirror
