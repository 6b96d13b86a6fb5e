#include "sync/binlog_signal.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync/binlog/binlog_group_reader.h"

namespace postmirror {
namespace {

// The server sends a commit before or just after it becomes visible; a large
// transaction of others may have to be sent first.
constexpr absl::Duration kLongestLag = absl::Seconds(2);
constexpr absl::Duration kUsualLag = absl::Milliseconds(20);
// How soon, and how late, it is asked whether a commit is visible by now.
constexpr absl::Duration kShortestLook = absl::Microseconds(200);
constexpr absl::Duration kLongestLook = absl::Milliseconds(20);
constexpr int kLooksPerWait = 50;  // so late by a fiftieth at most

}  // namespace

BinlogSignal::BinlogSignal(std::unique_ptr<BinlogStream> stream,
                           std::shared_ptr<const WatchedMaps> maps,
                           ReadPosition read_position,
                           std::function<void()> wake, const Clock* clock)
    : stream_(std::move(stream)),
      read_position_(std::move(read_position)),
      wake_(std::move(wake)),
      clock_(*clock),
      pending_(stream_->start(), clock),
      last_position_(stream_->start()) {
  Watch(std::move(maps), stream_->start());
  thread_ = std::thread([this] { Follow(); });
}

BinlogSignal::~BinlogSignal() {
  stream_->Cancel();
  thread_.join();
}

absl::Duration BinlogSignal::poll_interval() const {
  if (hidden_since_.has_value()) {
    return std::clamp(Elapsed(*hidden_since_, clock_.Now()) / kLooksPerWait,
                      kShortestLook, kLongestLook);
  }
  return pending_.settling() ? kSettleTime : kBinlogProbeInterval;
}

void BinlogSignal::Watch(std::shared_ptr<const WatchedMaps> maps,
                         const BinlogPosition& asked) {
  pending_.Watch(std::move(maps), asked);
}

void BinlogSignal::Follow() {
  BinlogGroupReader reader(stream_->start());
  for (;;) {
    const absl::StatusOr<absl::string_view> event = stream_->Next();
    if (!event.ok()) return End(event.status());
    const absl::StatusOr<std::optional<BinlogGroup>> group =
        reader.Take(*event, pending_.list());
    if (!group.ok()) return End(group.status());
    if (pending_.Advance(reader.position(), *group)) wake_();
  }
}

void BinlogSignal::End(absl::Status status) {
  pending_.Fail(std::move(status));
  wake_();
}

// Where the binlog is, or what of it the open transaction shows.
absl::StatusOr<BinlogPosition> BinlogSignal::Position() {
  absl::StatusOr<std::optional<BinlogPosition>> position = read_position_();
  if (!position.ok()) return position.status();
  if (!position->has_value()) {
    return absl::UnavailableError("the server has no binlog any more");
  }
  // RESET MASTER, or another server behind the same address.
  if (**position < last_position_) {
    return absl::UnavailableError(absl::StrCat(
        "the server's binlog went back from ", last_position_.ToString(),
        " to ", (*position)->ToString()));
  }
  last_position_ = **position;
  return last_position_;
}

absl::Status BinlogSignal::BeforeSnapshot() {
  if (lsn_watch_ == nullptr) return absl::OkStatus();
  const absl::StatusOr<BinlogPosition> end = Position();
  return end.ok() ? lsn_watch_->BeforeSnapshot(*end) : end.status();
}

absl::StatusOr<ReadScope> BinlogSignal::Scope() {
  const absl::StatusOr<BinlogPosition> at = Position();
  if (!at.ok()) return at.status();
  const absl::StatusOr<bool> received = pending_.Await(*at, kLongestLag);
  if (!received.ok()) return received.status();
  // Not named yet, so it may be anything.
  if (!*received) return ReadScope::Everything();
  ReadScope scope = pending_.TakeUpTo(*at);
  NoteHidden(scope.empty() && pending_.kind() != PendingChanges::Kind::kNothing,
             clock_.Now());
  return scope;
}

// With semi-synchronous replication (AFTER_SYNC) a commit is sent long before
// it is visible: when a replica has it, or after a timeout of hours. It is
// looked for less often the longer that takes.
void BinlogSignal::NoteHidden(bool hidden, const Moment& now) {
  if (!hidden) {
    hidden_since_.reset();
  } else if (!hidden_since_.has_value()) {
    hidden_since_ = now;
  }
}

absl::StatusOr<ChangeHint> BinlogSignal::Poll() {
  const absl::StatusOr<bool> alive =
      pending_.Await(BinlogPosition(), absl::ZeroDuration());
  if (!alive.ok()) return alive.status();
  const PendingChanges::Kind told = pending_.kind();
  const Moment now = clock_.Now();
  const bool due =
      !probed_.has_value() || Elapsed(*probed_, now) >= kBinlogProbeInterval;
  if (!due || lsn_watch_ == nullptr) {
    // A read of what is named finds out itself what of it is visible.
    const bool long_hidden =
        hidden_since_.has_value() && Elapsed(*hidden_since_, now) > kUsualLag;
    if (told == PendingChanges::Kind::kNamed && !long_hidden) {
      return ChangeHint::kNamed;
    }
    if (told == PendingChanges::Kind::kNothing && !due) {
      return ChangeHint::kUnknown;
    }
  }
  probed_ = now;
  return Probe(told, due, now);
}

// Compares what was told with what the server shows; `due`: and what it says
// beside.
absl::StatusOr<ChangeHint> BinlogSignal::Probe(PendingChanges::Kind told,
                                               bool due, const Moment& now) {
  const absl::StatusOr<BinlogPosition> end = Position();
  if (!end.ok()) return end.status();
  absl::StatusOr<ChangeHint> beside = ChangeHint::kUnchanged;
  if (due && lsn_watch_ != nullptr) beside = lsn_watch_->Look(*end);
  if (!beside.ok() || *beside == ChangeHint::kChanged) return beside;
  const absl::StatusOr<bool> received = pending_.Await(*end, kUsualLag);
  if (!received.ok()) return received.status();
  const PendingChanges::Kind visible = pending_.kind(*end);
  NoteHidden(told != PendingChanges::Kind::kNothing &&
                 visible == PendingChanges::Kind::kNothing,
             now);
  switch (visible) {
    case PendingChanges::Kind::kNothing:
      return *received && !pending_.settling() ? *beside : ChangeHint::kUnknown;
    case PendingChanges::Kind::kNamed:
      return ChangeHint::kNamed;
    case PendingChanges::Kind::kEverything:
      return ChangeHint::kChanged;
  }
  return ChangeHint::kUnknown;
}

}  // namespace postmirror
