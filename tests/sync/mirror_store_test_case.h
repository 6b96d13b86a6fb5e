// A store in a folder of its own, filled from snapshots that tests write down.
#ifndef POSTMIRROR_TESTS_SYNC_MIRROR_STORE_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_MIRROR_STORE_TEST_CASE_H_

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sync/mirror_store.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/map_rows.h"
#include "tests/sync/recording_logger.h"
#include "tests/sync/store_probe.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {

class MirrorStoreTestCase : public ::testing::Test {
 protected:
  // Ends this sync, and begins another one on the same store.
  void Restart() {
    store_.reset();
    store_ =
        std::make_unique<MirrorStore>(folder_.path(), 0.5, &clock_, &logger_);
  }

  void SetUp() override { Restart(); }

  std::vector<MapResult> Apply(const Snapshot& snapshot) {
    absl::StatusOr<std::vector<MapResult>> results = store_->Apply(snapshot);
    EXPECT_TRUE(results.ok()) << results.status();
    return results.ok() ? *std::move(results) : std::vector<MapResult>();
  }

  MapResult Apply(const MirroredMap& map, const KeyValues& rows) {
    std::vector<MapResult> results = Apply(Snap(map, rows));
    EXPECT_EQ(results.size(), 1U);
    return results.empty() ? MapResult() : std::move(results.front());
  }

  std::string Lookup(const std::string& key) const {
    return probe_.Lookup(map_.name, key);
  }

  bool AcceptHeld(const MapResult& result) {
    return store_->Accept(result.map, result.held->removals,
                          result.held->values, result.held->digest);
  }

  const MirroredMap map_ = MakeMap("/aliases.cf");
  const MirroredMap domains_ = MakeMap("/domains.cf");
  TemporaryFolder folder_;
  FakeClock clock_;
  RecordingLogger logger_;
  std::unique_ptr<MirrorStore> store_;
  const StoreProbe probe_{folder_.path()};
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_MIRROR_STORE_TEST_CASE_H_
