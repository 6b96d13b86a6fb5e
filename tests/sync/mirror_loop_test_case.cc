#include "tests/sync/mirror_loop_test_case.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "schema/store/environment.h"

namespace postmirror {

void MirrorLoopTestCase::Start(const std::string& settings) {
  config_ = MakeConfig(settings);
  plan_ = MakePlan(config_);
  store_ = std::make_unique<MirrorStore>(config_.store, config_.max_shrink,
                                         clock_, &logger_);
  const absl::Status opened = store_->Open();
  ASSERT_TRUE(opened.ok() || absl::IsDataLoss(opened)) << opened;
  board_ = std::make_unique<StatusBoard>(
      EnvironmentFolder(), plan_.servers.size(), clock_, &logger_);
  metrics_ = std::make_unique<SyncMetrics>(EnvironmentFolder(), clock_);
  metrics_->Watch(board_.get(), store_.get());
  stop_ = std::make_unique<StopSignal>();
  for (size_t i = 0; i < plan_.servers.size(); ++i) {
    loops_.push_back(std::make_unique<MirrorLoop>(
        &plan_.servers[i], i, EnvironmentFolder(),
        MirrorLoop::Surroundings{.config = &config_,
                                 .store = store_.get(),
                                 .board = board_.get(),
                                 .metrics = metrics_.get(),
                                 .collations = &collations_,
                                 .clock = clock_,
                                 .logger = &logger_,
                                 .stop = stop_.get()}));
    ++running_;
    threads_.emplace_back([this, loop = loops_.back().get()] {
      loop->Run();
      --running_;
    });
  }
}

void MirrorLoopTestCase::Stop() {
  EndLoops();
  metrics_.reset();
  board_.reset();
  store_.reset();
}

void MirrorLoopTestCase::EndLoops() {
  if (stop_ == nullptr) return;
  stop_->Stop();
  for (const std::unique_ptr<MirrorLoop>& loop : loops_) loop->Cancel();
  EXPECT_TRUE(Await([&] { return running_ == 0; })) << "a loop does not end";
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  loops_.clear();
  stop_.reset();
}

bool MirrorLoopTestCase::AwaitLookup(const std::string& map,
                                     const std::string& key,
                                     const std::string& value) const {
  std::string last;
  if (Await([&] { return (last = Lookup(map, key)) == value; })) return true;
  ADD_FAILURE() << map << ": " << key << " is " << last << ", not " << value
                << "; logged: " << absl::StrJoin(logger_.lines(), "; ");
  return false;
}

SyncStatus MirrorLoopTestCase::Status() const {
  absl::StatusOr<SyncStatus> status = ReadSyncStatus(EnvironmentFolder());
  // Not there yet, or gone with a store that was set aside.
  return status.ok() ? *std::move(status) : SyncStatus{.servers = {{}}};
}

MapStatus MirrorLoopTestCase::StatusOf(const std::string& map) const {
  const SyncStatus status = Status();
  for (const ServerStatus& server : status.servers) {
    for (const MapStatus& candidate : server.maps) {
      if (candidate.name == map) return candidate;
    }
  }
  MapStatus unknown;
  unknown.name = map;
  return unknown;
}

bool MirrorLoopTestCase::AwaitError(const std::string& part) const {
  return Await([&] {
    const std::string error = Status().servers[0].error;
    return part.empty() ? error.empty() : absl::StrContains(error, part);
  });
}

bool MirrorLoopTestCase::AwaitHeld(const std::string& map,
                                   uint64_t removals) const {
  return Await([&] { return StatusOf(map).held_removals == removals; });
}

double MirrorLoopTestCase::Metric(const std::string& name,
                                  const std::string& label) const {
  double sum = 0;
  for (const MetricFamily& family : metrics_->Collect()) {
    if (family.name != name) continue;
    for (const MetricSample& sample : family.samples) {
      const bool has = std::any_of(
          sample.labels.begin(), sample.labels.end(),
          [&](const MetricLabel& each) { return each.value == label; });
      if (label.empty() || has) sum += sample.value;
    }
  }
  return sum;
}

void MirrorLoopTestCase::GarbleRecord(const std::string& map) const {
  const std::string path = EnvironmentFolder() + "/data.mdb";
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string name = RecordKey(map);
  size_t garbled = 0;
  for (size_t at = bytes.find(name); at != std::string::npos;
       at = bytes.find(name, at + 1)) {
    file.clear();
    file.seekp(static_cast<std::streamoff>(at + name.size()));
    file.put('x');
    ++garbled;
  }
  EXPECT_GT(garbled, 0U);
}

std::string MirrorLoopTestCase::EnvironmentFolder() const {
  return FormatFolder(folder_.File("store"));
}

}  // namespace postmirror
