#include "tests/bench/commit_to_visible/single_changes.h"

#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "tests/bench/commit_to_visible/await_change.h"
#include "tests/bench/commit_to_visible/background_load.h"
#include "tests/bench/commit_to_visible/change_number.h"
#include "tests/bench/commit_to_visible/primary.h"

namespace postmirror {
namespace {

// So that each change is alone, and none is in step with anybody's timer.
constexpr std::chrono::milliseconds kShortestPause(5);
constexpr std::chrono::milliseconds kLongestPause(25);

// Time for the load to become what it will be.
constexpr std::chrono::milliseconds kRunIn(500);

class Phase {
 public:
  Phase(Primary primary, std::vector<Alias> aliases, Poller* poller)
      : primary_(std::move(primary)),
        aliases_(std::move(aliases)),
        poller_(*poller),
        random_(std::random_device{}()) {}

  absl::StatusOr<SingleChange> MeasureOne() {
    std::uniform_int_distribution<size_t> index(0, aliases_.size() - 1);
    const Alias& alias = aliases_[index(random_)];
    const int64_t number = NewChangeNumber();
    const MonotonicTime sent = MonotonicNow();
    const absl::Status status = primary_.Change(alias.id, alias.id, number);
    const MonotonicTime committed = MonotonicNow();
    if (!status.ok()) return status;
    const auto visible = AwaitChange(alias, number, &poller_);
    if (!visible.ok()) return visible.status();
    return SingleChange{committed - sent, *visible - committed};
  }

  void Pause() {
    std::uniform_int_distribution<int64_t> pause(
        std::chrono::nanoseconds(kShortestPause).count(),
        std::chrono::nanoseconds(kLongestPause).count());
    std::this_thread::sleep_for(std::chrono::nanoseconds(pause(random_)));
  }

 private:
  Primary primary_;
  const std::vector<Alias> aliases_;
  Poller& poller_;
  std::minstd_rand random_;
};

absl::StatusOr<Phase> StartPhase(const Target& target) {
  absl::StatusOr<Primary> primary = Primary::Open(target.primary_socket);
  if (!primary.ok()) return primary.status();
  auto aliases = primary->AliasesByStep(kMeasuredIds);
  if (!aliases.ok()) return aliases.status();
  return Phase(*std::move(primary), *std::move(aliases), target.poller.get());
}

}  // namespace

absl::StatusOr<SingleChanges> MeasureSingleChanges(const Target& target,
                                                   int changes,
                                                   int load_per_second) {
  absl::StatusOr<Phase> phase = StartPhase(target);
  if (!phase.ok()) return phase.status();
  const auto load =
      BackgroundLoad::Start(target.primary_socket, load_per_second);
  if (!load.ok()) return load.status();
  std::this_thread::sleep_for(kRunIn);
  // One that does not count: until it is seen, the target may still be busy
  // with what the phase before this one has left.
  if (const auto first = phase->MeasureOne(); !first.ok()) {
    return first.status();
  }
  SingleChanges measured;
  for (int i = 0; i < changes; ++i) {
    phase->Pause();
    const absl::StatusOr<SingleChange> change = phase->MeasureOne();
    if (!change.ok()) return change.status();
    measured.changes.push_back(*change);
  }
  const absl::StatusOr<double> reached = (*load)->Stop();
  if (!reached.ok()) return reached.status();
  measured.load_per_second = *reached;
  return measured;
}

}  // namespace postmirror
