#include "sync/binlog_signal.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "sync/binlog/binlog_group_reader.h"

namespace postmirror {
namespace {

// The server sends a commit before or just after it becomes visible; a large
// transaction of others may have to be sent first.
constexpr absl::Duration kLongestLag = absl::Seconds(2);
constexpr absl::Duration kUsualLag = absl::Milliseconds(20);

}  // namespace

BinlogSignal::BinlogSignal(std::unique_ptr<BinlogStream> stream,
                           const BinlogPosition& start,
                           std::shared_ptr<const WatchedMaps> maps,
                           ReadPosition read_position,
                           std::function<void()> wake, const Clock* clock)
    : stream_(std::move(stream)),
      read_position_(std::move(read_position)),
      wake_(std::move(wake)),
      clock_(*clock),
      pending_(start, clock),
      last_position_(start) {
  Watch(std::move(maps), start);
  thread_ = std::thread([this, start] { Follow(start); });
}

BinlogSignal::~BinlogSignal() {
  stream_->Cancel();
  thread_.join();
}

absl::Duration BinlogSignal::poll_interval() const {
  return pending_.settling() ? kSettleTime : kBinlogProbeInterval;
}

void BinlogSignal::Watch(std::shared_ptr<const WatchedMaps> maps,
                         const BinlogPosition& asked) {
  pending_.Watch(std::move(maps), asked);
}

void BinlogSignal::Follow(BinlogPosition start) {
  BinlogGroupReader reader(std::move(start));
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
  return pending_.TakeUpTo(*at);
}

bool BinlogSignal::IsQuiet() const {
  return pending_.kind() == PendingChanges::Kind::kNothing;
}

// Compares what was received with what the server has: kUnknown where that says
// nothing.
absl::StatusOr<ChangeHint> BinlogSignal::Probe() {
  const absl::StatusOr<BinlogPosition> end = Position();
  if (!end.ok()) return end.status();
  absl::StatusOr<ChangeHint> beside = ChangeHint::kUnchanged;
  if (lsn_watch_ != nullptr) beside = lsn_watch_->Look(*end);
  if (!beside.ok() || *beside == ChangeHint::kChanged) return beside;
  if (!IsQuiet()) return ChangeHint::kUnknown;
  const absl::StatusOr<bool> received = pending_.Await(*end, kUsualLag);
  if (!received.ok()) return received.status();
  const bool unchanged = *received && !pending_.settling() && IsQuiet();
  return unchanged ? *beside : ChangeHint::kUnknown;
}

absl::StatusOr<ChangeHint> BinlogSignal::Poll() {
  const absl::StatusOr<bool> alive =
      pending_.Await(BinlogPosition(), absl::ZeroDuration());
  if (!alive.ok()) return alive.status();
  const Moment now = clock_.Now();
  const bool due =
      !probed_.has_value() || Elapsed(*probed_, now) >= kBinlogProbeInterval;
  if (due && (IsQuiet() || lsn_watch_ != nullptr)) {
    probed_ = now;
    absl::StatusOr<ChangeHint> probed = Probe();
    if (!probed.ok() || *probed != ChangeHint::kUnknown) return probed;
  }
  switch (pending_.kind()) {
    case PendingChanges::Kind::kNothing:
      return ChangeHint::kUnknown;
    case PendingChanges::Kind::kNamed:
      return ChangeHint::kNamed;
    case PendingChanges::Kind::kEverything:
      return ChangeHint::kChanged;
  }
  return ChangeHint::kUnknown;
}

}  // namespace postmirror
