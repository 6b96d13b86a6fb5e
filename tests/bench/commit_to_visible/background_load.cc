#include "tests/bench/commit_to_visible/background_load.h"

#include <random>
#include <utility>

#include "absl/memory/memory.h"
#include "tests/bench/commit_to_visible/change_number.h"

namespace postmirror {
namespace {

// Enough for 1000 commits a second on a disk that needs 3 ms for each.
constexpr int kWriters = 4;

}  // namespace

absl::StatusOr<std::unique_ptr<BackgroundLoad>> BackgroundLoad::Start(
    const std::string& primary_socket, int changes_per_second) {
  auto load = absl::WrapUnique(new BackgroundLoad());
  load->started_ = MonotonicNow();
  if (changes_per_second == 0) return load;
  load->interval_ = std::chrono::nanoseconds(std::chrono::seconds(kWriters)) /
                    changes_per_second;
  if (absl::Status status = load->OpenWriters(primary_socket); !status.ok()) {
    return status;
  }
  load->started_ = MonotonicNow();
  for (size_t i = 0; i < load->writers_.size(); ++i) {
    Writer* writer = load->writers_[i].get();
    const auto offset = load->interval_ * i / load->writers_.size();
    writer->thread = std::thread(
        [each = load.get(), offset, writer] { each->Write(offset, writer); });
  }
  return load;
}

BackgroundLoad::~BackgroundLoad() { Join(); }

absl::StatusOr<double> BackgroundLoad::Stop() {
  Join();
  const std::chrono::duration<double> seconds = MonotonicNow() - started_;
  int64_t changes = 0;
  for (const std::unique_ptr<Writer>& writer : writers_) {
    if (!writer->status.ok()) return writer->status;
    changes += writer->changes;
  }
  return static_cast<double>(changes) / seconds.count();
}

absl::Status BackgroundLoad::OpenWriters(const std::string& primary_socket) {
  for (int i = 0; i < kWriters; ++i) {
    absl::StatusOr<Primary> primary = Primary::Open(primary_socket);
    if (!primary.ok()) return primary.status();
    writers_.push_back(std::make_unique<Writer>(*std::move(primary)));
  }
  const absl::StatusOr<int64_t> count = writers_[0]->primary.CountAliases();
  if (!count.ok()) return count.status();
  aliases_ = *count;
  return absl::OkStatus();
}

void BackgroundLoad::Write(std::chrono::nanoseconds offset,
                           Writer* writer) const {
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<int64_t> tens(0, aliases_ / kMeasuredIds - 1);
  std::uniform_int_distribution<int64_t> ones(1, kMeasuredIds - 1);
  // By the schedule, not by the last change: a slow commit is made up for.
  MonotonicTime due = started_ + offset;
  while (!stop_) {
    std::this_thread::sleep_until(due);
    due += interval_;
    const int64_t id = tens(random) * kMeasuredIds + ones(random);
    writer->status = writer->primary.Change(id, id, NewChangeNumber());
    if (!writer->status.ok()) return;
    ++writer->changes;
  }
}

void BackgroundLoad::Join() {
  stop_ = true;
  for (const std::unique_ptr<Writer>& writer : writers_) {
    if (writer->thread.joinable()) writer->thread.join();
  }
}

}  // namespace postmirror
