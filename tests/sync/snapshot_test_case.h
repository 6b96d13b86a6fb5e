// A test that reads the maps it serves, in one snapshot, from a real server.
#ifndef POSTMIRROR_TESTS_SYNC_SNAPSHOT_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_SNAPSHOT_TEST_CASE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/entry_walk.h"
#include "sync/snapshot.h"
#include "tests/sync/mirror_test_case.h"

namespace postmirror {

class SnapshotTestCase : public MirrorTestCase {
 protected:
  // Connects to the one server of the maps that are served.
  absl::Status Connect() {
    plan_ = MakePlan(MakeConfig());
    if (plan_.servers.size() != 1) return absl::InternalError("not one server");
    absl::StatusOr<ServerReaders> connected =
        ConnectReaders(plan_.servers[0], plan_.servers[0].hosts[0],
                       absl::Seconds(5), absl::Seconds(10));
    if (!connected.ok()) return connected.status();
    readers_ = std::move(connected->readers);
    refused_ = std::move(connected->refused);
    return Prepare();
  }

  // Fails for an error of a map's own, too.
  absl::Status Prepare() {
    absl::Status prepared =
        PrepareReaders(absl::MakeSpan(readers_), &collations_);
    const std::vector<MapFault> faults = Faults();
    return prepared.ok() && !faults.empty() ? Joined(faults) : prepared;
  }

  std::vector<MapFault> Faults() const {
    return FindFaults(readers_, refused_);
  }

  absl::StatusOr<Snapshot> TryRead() {
    return ReadSnapshot(absl::MakeSpan(readers_),
                        [] { return ReadScope::Everything(); });
  }

  Snapshot Read() {
    if (readers_.empty()) {
      EXPECT_EQ(Connect(), absl::OkStatus());
    }
    absl::StatusOr<Snapshot> snapshot = TryRead();
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *std::move(snapshot) : Snapshot();
  }

  static std::vector<std::string> Entries(const MapSnapshot& map) {
    std::vector<std::string> entries;
    EntryWalk walk(map.rows, map.map->rules);
    while (walk.Next()) {
      entries.push_back(absl::StrCat(walk.key(), " ", walk.entry()));
    }
    return entries;
  }

  MirrorPlan plan_;
  std::vector<GroupReader> readers_;
  std::vector<RefusedGroup> refused_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_SNAPSHOT_TEST_CASE_H_
