// All of sync but its main(), in this process: the loops of a configuration
// that a test writes, on a real server and a real store.
#ifndef POSTMIRROR_TESTS_SYNC_MIRROR_LOOP_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_MIRROR_LOOP_TEST_CASE_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sync/mirror_loop.h"
#include "tests/sync/await.h"
#include "tests/sync/mirror_test_case.h"
#include "tests/sync/recording_logger.h"
#include "tests/sync/store_probe.h"

namespace postmirror {

class MirrorLoopTestCase : public MirrorTestCase {
 protected:
  void TearDown() override { Stop(); }

  // Starts the loops of what is served.
  void Start(const std::string& settings = "");

  // Ends them as MirrorService does. The test fails where they do not end.
  void Stop();
  // The same, but what they leave can be looked at still.
  void EndLoops();

  std::string Lookup(const std::string& map, const std::string& key) const {
    return StoreProbe(folder_.File("store")).Lookup(map, key);
  }

  // Waits until the lookup gives that.
  bool AwaitLookup(const std::string& map, const std::string& key,
                   const std::string& value) const;

  // What sync says of itself in its file.
  SyncStatus Status() const;
  MapStatus StatusOf(const std::string& map) const;

  // Waits until the first server's error contains `part`, or is gone if empty.
  bool AwaitError(const std::string& part) const;

  bool AwaitHeld(const std::string& map, uint64_t removals) const;

  std::string EnvironmentFolder() const;

  // The sum of the metric's samples that have this label, of any if empty.
  double Metric(const std::string& name, const std::string& label = "") const;

  // Makes the map's record in the store, and no other, unreadable.
  void GarbleRecord(const std::string& map) const;

  const SystemClock system_clock_;
  const Clock* clock_ = &system_clock_;  // of what Start starts
  RecordingLogger logger_;
  std::unique_ptr<MirrorStore> store_;
  std::unique_ptr<SyncMetrics> metrics_;  // of what Start starts

 private:
  Config config_;
  MirrorPlan plan_;
  std::unique_ptr<StatusBoard> board_;
  std::unique_ptr<StopSignal> stop_;
  std::vector<std::unique_ptr<MirrorLoop>> loops_;
  std::vector<std::thread> threads_;
  std::atomic<size_t> running_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_MIRROR_LOOP_TEST_CASE_H_
