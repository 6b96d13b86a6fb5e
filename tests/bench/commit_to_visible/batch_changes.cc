#include "tests/bench/commit_to_visible/batch_changes.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "tests/bench/commit_to_visible/await_change.h"
#include "tests/bench/commit_to_visible/change_number.h"
#include "tests/bench/commit_to_visible/primary.h"

namespace postmirror {
namespace {

struct CommittedBatch {
  int64_t change_number = 0;
  Alias last_row;
  MonotonicTime committed;
};

// Commits batch after batch on a thread of its own, through the whole table and
// from its beginning again.
class BatchWriter {
 public:
  BatchWriter(Primary primary, std::vector<Alias> last_rows)
      : primary_(std::move(primary)), last_rows_(std::move(last_rows)) {}

  ~BatchWriter() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;

  void Start(size_t batches, std::chrono::nanoseconds interval) {
    started_ = MonotonicNow();
    thread_ =
        std::thread([this, batches, interval] { Write(batches, interval); });
  }

  MonotonicTime started() const { return started_; }

  // Waits until batch `index` is committed and returns it; fails with what
  // stopped the writer.
  absl::StatusOr<CommittedBatch> Await(size_t index) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this, index] {
      return committed_.size() > index || !status_.ok();
    });
    if (committed_.size() > index) return committed_[index];
    return status_;
  }

 private:
  void Write(size_t batches, std::chrono::nanoseconds interval) {
    MonotonicTime due = started_;
    for (size_t i = 0; i < batches && !stop_; ++i, due += interval) {
      std::this_thread::sleep_until(due);
      CommittedBatch batch = {
          NewChangeNumber(), last_rows_[i % last_rows_.size()], {}};
      const int64_t last = batch.last_row.id;
      absl::Status status =
          primary_.Change(last - kRowsPerBatch + 1, last, batch.change_number);
      batch.committed = MonotonicNow();
      Publish(std::move(batch), std::move(status));
    }
  }

  void Publish(CommittedBatch batch, absl::Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (status.ok()) {
      committed_.push_back(std::move(batch));
    } else {
      status_ = std::move(status);
      stop_ = true;
    }
    changed_.notify_one();
  }

  Primary primary_;
  const std::vector<Alias> last_rows_;
  MonotonicTime started_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<CommittedBatch> committed_;  // guarded by mutex_
  absl::Status status_;                    // guarded by mutex_
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<BatchWriter>> OpenWriter(const Target& target) {
  absl::StatusOr<Primary> primary = Primary::Open(target.primary_socket);
  if (!primary.ok()) return primary.status();
  auto last_rows = primary->AliasesByStep(kRowsPerBatch);
  if (!last_rows.ok()) return last_rows.status();
  // One change before all others: until it is seen, the target may still be
  // busy with what the phase before this one has left.
  const int64_t number = NewChangeNumber();
  const Alias& alias = last_rows->front();
  if (absl::Status status = primary->Change(alias.id, alias.id, number);
      !status.ok()) {
    return status;
  }
  const auto visible = AwaitChange(alias, number, target.poller.get());
  if (!visible.ok()) return visible.status();
  return std::make_unique<BatchWriter>(*std::move(primary),
                                       *std::move(last_rows));
}

}  // namespace

absl::StatusOr<BatchChanges> MeasureBatchChanges(const Target& target,
                                                 int rows_per_second,
                                                 int seconds) {
  auto writer = OpenWriter(target);
  if (!writer.ok()) return writer.status();
  const size_t batches = static_cast<size_t>(rows_per_second) *
                         static_cast<size_t>(seconds) / kRowsPerBatch;
  (*writer)->Start(
      batches,
      std::chrono::nanoseconds(std::chrono::seconds(seconds)) / batches);
  BatchChanges measured;
  for (size_t i = 0; i < batches; ++i) {
    const absl::StatusOr<CommittedBatch> batch = (*writer)->Await(i);
    if (!batch.ok()) return batch.status();
    const auto visible =
        AwaitChange(batch->last_row, batch->change_number, target.poller.get());
    if (!visible.ok()) return visible.status();
    measured.batches.push_back(
        {batch->committed - (*writer)->started(), *visible - batch->committed});
  }
  // The last batch is due one interval before the time is over.
  const std::chrono::duration<double> wrote =
      std::max<std::chrono::nanoseconds>(measured.batches.back().committed,
                                         std::chrono::seconds(seconds));
  measured.rows_per_second =
      static_cast<double>(batches * kRowsPerBatch) / wrote.count();
  return measured;
}

}  // namespace postmirror
