#include "sync/mirror_loop.h"

#include <algorithm>
#include <random>
#include <utility>

namespace postmirror {
namespace {

// How often the loop looks up from waiting, for the stop signal and for
// requests.
constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(10);
// And no shorter than this.
constexpr absl::Duration kShortestWait = absl::Microseconds(200);
// How often the store is looked at, and confirmed, while nothing happens: a
// hundredth of what freshness is good for, and most of what an idle poll costs.
constexpr absl::Duration kConfirmInterval = absl::Milliseconds(200);
// Reading a key takes about as long as reading so many rows of the whole table,
// below some keys always less.
constexpr uint64_t kRowsPerKey = 16;
constexpr uint64_t kFewKeys = 64;
// A snapshot of hundreds of millions of rows, fetched over a slow line,
// compared and committed, takes less; and some statements that a frozen server
// lets run into their timeouts come before.
constexpr absl::Duration kLongestSilence = absl::Hours(1);
constexpr int kStatementsAHost = 10;

bool FoundChanges(const std::vector<MapResult>& results) {
  return std::any_of(results.begin(), results.end(), [](const auto& result) {
    return result.added + result.changed + result.removed > 0;
  });
}

}  // namespace

MirrorLoop::MirrorLoop(const ServerPlan* plan, size_t number,
                       absl::string_view folder,
                       const Surroundings& surroundings)
    : plan_(*plan),
      with_(surroundings),
      inbox_(folder, MapNames(*plan), surroundings.store, surroundings.clock,
             surroundings.logger),
      log_(surroundings.clock, surroundings.logger),
      // A frozen server that goes on must be read again within twice
      // read_timeout.
      backoff_(std::min(kLongestPause, surroundings.config->read_timeout),
               std::random_device()()),
      status_(plan_, number, surroundings.board),
      session_(plan,
               {.config = surroundings.config,
                .collations = surroundings.collations,
                .find_stored =
                    [store = surroundings.store](const auto& digests) {
                      return store->OtherCollations(digests);
                    },
                .clock = surroundings.clock},
               [this] { doorbell_.Ring(); }) {
  for (const std::string& name : MapNames(plan_)) {
    const MapStatus earlier = with_.board->Earlier(name);
    with_.store->Restore(name, {.largest = earlier.largest,
                                .held = !earlier.held_digest.empty()});
  }
  ShowLife();
}

void MirrorLoop::Run() {
  while (!with_.stop->stopped()) {
    ShowLife();
    const absl::Status ended = Follow();
    if (ended.ok() || with_.stop->stopped()) continue;
    if (absl::IsAlreadyExists(ended)) {
      log_.ServerIdTaken(session_.ChangeServerId());
    } else {
      PostBroken(ended);
    }
    with_.stop->WaitFor(std::min(backoff_.Next(), session_.longest_pause()));
  }
}

void MirrorLoop::ShowLife() {
  alive_ns_ = absl::ToInt64Nanoseconds(with_.clock->Now().since_boot);
}

bool MirrorLoop::IsStuck() const {
  const absl::Duration statement =
      with_.config->connect_timeout + with_.config->read_timeout;
  const absl::Duration silence =
      with_.clock->Now().since_boot - absl::Nanoseconds(alive_ns_.load());
  return silence >
         kLongestSilence + kStatementsAHost * statement * plan_.hosts.size();
}

void MirrorLoop::Cancel() {
  session_.Cancel();
  doorbell_.Ring();
}

// One connection's life. OK when it is to be opened anew, or at the stop
// signal.
absl::Status MirrorLoop::Follow() {
  absl::Status status = session_.Connect(with_.store->Reads(MapNames(plan_)));
  // Though no host may be read: what one has lost may not be seen again.
  absl::Status kept = KeepBound();
  if (!status.ok()) return CountError(std::move(status));
  // What is read next is put into the place of a damaged store.
  if (!kept.ok() && !absl::IsDataLoss(kept)) return kept;
  connected_ = with_.clock->Now();
  ShowLife();
  signal_of_last_read_.reset();
  for (Next next = Next::kReadAll;;) {
    status = Read(next);
    if (!status.ok()) return status;
    const absl::StatusOr<Next> due = Wait();
    if (!due.ok()) return due.status();
    next = *due;
    if (next == Next::kReconnect || next == Next::kStop) {
      return absl::OkStatus();
    }
  }
}

absl::Status MirrorLoop::Read(Next what) {
  ShowLife();
  if (what != Next::kReadNamed) return ReadAll();
  absl::Status read = ReadNamed();
  if (!absl::IsAborted(read)) return read;
  // What was named is not known any more.
  must_read_all_ = true;
  return absl::OkStatus();
}

absl::Status MirrorLoop::ReadAll() {
  Moment asked;
  const absl::StatusOr<std::optional<Snapshot>> read = session_.ReadAll(&asked);
  NoteSource();
  const bool waited = status_.NoteBrokenMaps(session_.broken_maps());
  if (!read.ok()) return CountError(read.status());
  if (!read->has_value()) {
    ReadAllSoon();
    return absl::OkStatus();
  }
  const Snapshot& snapshot = **read;
  inbox_.Submit();
  // Asked before: if the store is replaced meanwhile, that is one read too
  // many, not one too few.
  const uint64_t generation = with_.store->generation();
  const absl::StatusOr<std::vector<MapResult>> results =
      with_.store->Apply(snapshot);
  if (!results.ok()) return results.status();
  inbox_.Answer(*results);
  if (absl::Status noted = NoteRead(snapshot, *results); !noted.ok()) {
    return noted;
  }
  // What was changed while there was no signal, or another one, it could not
  // tell; and what it told before a read was given up is forgotten.
  const uint64_t signal = session_.choice().number();
  const bool told = signal_of_last_read_ == signal && !must_read_all_ &&
                    !waited && generation_ == generation &&
                    !session_.tables_were_replaced();
  signal_of_last_read_ = signal;
  must_read_all_ = false;
  Report(snapshot, *results, asked, told);
  generation_ = generation;
  reconciled_ = tried_ = with_.clock->Now();
  with_.metrics->CountDiff(SyncMetrics::Scope::kEverything,
                           Elapsed(asked, tried_), *results);
  pace_.Note(snapshot.reading, FoundChanges(*results));
  // A connection that ends soon after each read must not be opened at once
  // again.
  if (Elapsed(connected_, tried_) >= kLongestPause) backoff_.Reset();
  return absl::OkStatus();
}

// A map cannot be read, and may be soon. What was told meanwhile is forgotten.
void MirrorLoop::ReadAllSoon() {
  with_.metrics->CountError(status_.hosts());
  must_read_all_ = true;
  reconciled_ = tried_ = with_.clock->Now();
  pace_.RestOnce(ServerSession::kFaultPause);
}

absl::Status MirrorLoop::ReadNamed() {
  Moment asked;
  const absl::StatusOr<Snapshot> snapshot = session_.ReadNamed(
      &asked, [this](ReadScope* scope) { PreferWholeMaps(scope); });
  if (absl::IsAborted(snapshot.status())) return snapshot.status();
  if (!snapshot.ok()) return CountError(snapshot.status());
  if (snapshot->maps.empty()) {  // what was named is not visible yet
    tried_ = with_.clock->Now();
    return absl::OkStatus();
  }
  const absl::StatusOr<std::vector<MapResult>> results =
      with_.store->Apply(*snapshot, generation_);
  if (!results.ok()) return results.status();
  if (absl::Status noted = NoteRead(*snapshot, *results); !noted.ok()) {
    return noted;
  }
  Report(*snapshot, *results, asked, false);
  tried_ = with_.clock->Now();
  with_.metrics->CountDiff(SyncMetrics::Scope::kNamed, Elapsed(asked, tried_),
                           *results);
  return absl::OkStatus();
}

// Where reading all of a map is cheaper than reading many keys of it; and where
// something of it waits, since what does is known of all of it only.
void MirrorLoop::PreferWholeMaps(ReadScope* scope) const {
  for (size_t i = 0; i < scope->maps.size(); ++i) {
    MapScope& map = scope->maps[i];
    const uint64_t keys = map.values.size();
    const bool many =
        keys > kFewKeys && keys * kRowsPerKey > status_.entries(i);
    if (many || (status_.maps()[i].Waits() && keys > 0)) map.Widen();
  }
}

// A question that our own stop has ended is no error of MariaDB's.
absl::Status MirrorLoop::CountError(absl::Status status) {
  if (!with_.stop->stopped()) with_.metrics->CountError(status_.hosts());
  return status;
}

void MirrorLoop::NoteSource() {
  const SignalChoice& choice = session_.choice();
  if (!choice.has_signal()) return;
  log_.Source(choice.signal().name(), choice.reason(),
              choice.is_as_configured());
  log_.Advice(choice.advice());
  if (session_.replica_state_hidden()) log_.ReplicaStateHidden();
  status_.NoteSource(session_);
}

// `told`: the signal has told of all that changed, as far as it can.
void MirrorLoop::Report(const Snapshot& snapshot,
                        const std::vector<MapResult>& results,
                        const Moment& asked, bool told) {
  log_.Healthy(status_.server());
  log_.Oddities(snapshot, with_.config->mydestination_stated);
  log_.Results(results);
  const std::vector<UntoldChanges> untold =
      status_.NoteResults(snapshot, results, told);
  for (const MapStatus& map : status_.maps()) {
    if (map.broken.empty()) {
      log_.MendedMap(map.name);
    } else {
      log_.BrokenMap(map.name, map.broken);
    }
  }
  for (const UntoldChanges& changes : untold) NoteUntold(changes);
  Confirm(asked);
}

void MirrorLoop::Confirm(const Moment& asked) {
  confirmed_ = asked;
  with_.board->PostDataFile(with_.store->DataFile());
  status_.NoteUnfit(session_.hosts().Unfit());
  status_.Confirm(asked);
}

void MirrorLoop::NoteUntold(const UntoldChanges& untold) {
  const bool gives_up = session_.NoteUntold();
  log_.Untold(untold.map, untold.changes, status_.change_source(), gives_up);
  must_read_all_ = must_read_all_ || gives_up;
}

void MirrorLoop::PostBroken(const absl::Status& status) {
  log_.Broken(status);
  status_.NoteBrokenMaps(session_.broken_maps());
  status_.PostFault(status, with_.clock->Now().wall);
}

// What was read has to be in any host that is read later.
absl::Status MirrorLoop::NoteRead(const Snapshot& snapshot,
                                  const std::vector<MapResult>& results) {
  const bool taken =
      snapshot.is_whole && !snapshot.removals_wait &&
      results.size() == status_.maps().size() &&
      std::none_of(results.begin(), results.end(), [](const MapResult& result) {
        return result.held.has_value();
      });
  const bool changed =
      std::any_of(results.begin(), results.end(), [](const MapResult& result) {
        return result.filled ||
               result.added + result.changed + result.removed > 0;
      });
  absl::Status noted = session_.NoteRead(taken, changed);
  if (!noted.ok()) return CountError(std::move(noted));
  status_.NoteDoubt(session_.hosts().doubt());
  log_.Doubt(session_.hosts().doubt());
  return KeepBound();
}

// What is known of the hosts and not yet in the store.
absl::Status MirrorLoop::KeepBound() {
  const std::optional<std::string> bound = session_.hosts().Unkept();
  if (!bound.has_value()) return absl::OkStatus();
  absl::Status kept = with_.store->KeepBound(MapNames(plan_), *bound);
  if (kept.ok()) session_.NoteKept();
  return kept;
}

// Waits until something is due.
absl::StatusOr<MirrorLoop::Next> MirrorLoop::Wait() {
  ChangeHint hint =
      must_read_all_ ? ChangeHint::kChanged : ChangeHint::kUnknown;
  Moment polled = tried_;
  while (!with_.stop->stopped()) {
    const Moment now = with_.clock->Now();
    // An earlier host may be back; later ones are a substitute.
    const bool reconnect = session_.ShouldReconnect();
    absl::Status kept = KeepBound();
    if (!kept.ok() && !absl::IsDataLoss(kept)) return kept;
    if (reconnect) return Next::kReconnect;
    if (!kept.ok()) hint = ChangeHint::kChanged;  // as in Poll
    const absl::Duration poll_interval =
        session_.choice().signal().poll_interval();
    if (Elapsed(reconciled_, now) >= with_.config->reconcile_interval) {
      return Next::kReadAll;
    }
    if (Elapsed(collected_, now) >= kTick) {
      collected_ = now;
      ShowLife();
      if (inbox_.Collect()) return Next::kReadAll;
    }
    const bool due = hint == ChangeHint::kChanged || hint == ChangeHint::kNamed;
    if (!due && (rung_ || Elapsed(polled, now) >= poll_interval)) {
      polled = now;
      rung_ = false;  // before the poll: a ring during it is for the next one
      const absl::StatusOr<ChangeHint> polled_hint = Poll();
      if (!polled_hint.ok()) return polled_hint.status();
      hint = *polled_hint;
      continue;
    }
    const absl::Duration rest =
        hint == ChangeHint::kChanged ? pace_.pause() - Elapsed(reconciled_, now)
        : hint == ChangeHint::kNamed ? absl::ZeroDuration()
                                     : poll_interval - Elapsed(polled, now);
    if (due && rest <= absl::ZeroDuration()) {
      return hint == ChangeHint::kChanged ? Next::kReadAll : Next::kReadNamed;
    }
    rung_ = doorbell_.WaitFor(std::clamp(rest, kShortestWait, kTick)) || rung_;
  }
  return Next::kStop;
}

absl::StatusOr<ChangeHint> MirrorLoop::Poll() {
  const Moment asked = with_.clock->Now();
  absl::StatusOr<ChangeHint> hint = session_.Poll();
  if (!hint.ok()) return CountError(hint.status());
  if (*hint == ChangeHint::kUnchanged &&
      Elapsed(confirmed_, asked) < kConfirmInterval) {
    return hint;
  }
  const absl::Status opened = with_.store->Open();
  // What is read next is put into its place.
  if (absl::IsDataLoss(opened)) return ChangeHint::kChanged;
  if (!opened.ok()) return opened;
  // A store that was replaced or set aside meanwhile lacks our maps.
  if (with_.store->generation() != generation_) return ChangeHint::kChanged;
  if (*hint == ChangeHint::kUnchanged) Confirm(asked);
  return hint;
}

}  // namespace postmirror
