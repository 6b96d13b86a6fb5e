#include "sync/sync_metrics.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "tests/sync/mirror_store_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kHosts[] = "db1:3306, db2";

class SyncMetricsTest : public MirrorStoreTestCase {
 protected:
  void SetUp() override {
    MirrorStoreTestCase::SetUp();
    ASSERT_EQ(store_->Open(), absl::OkStatus());
    board_.emplace(FormatFolder(folder_.path()), 1, &clock_, &logger_);
    metrics_.emplace(FormatFolder(folder_.path()), &clock_);
    metrics_->Watch(&*board_, store_.get());
    status_.hosts = kHosts;
    status_.maps.resize(1);
    status_.maps[0].name = map_.name;
    Post();
  }

  void TearDown() override {
    metrics_.reset();
    board_.reset();
  }

  void Post() { board_->Post(0, status_); }

  // "LABEL=VALUE,... NUMBER" of each sample.
  std::vector<std::string> Samples(const std::string& name) const {
    std::vector<std::string> texts;
    for (const MetricFamily& family : metrics_->Collect()) {
      if (family.name != name) continue;
      for (const MetricSample& sample : family.samples) {
        std::string text;
        for (const MetricLabel& label : sample.labels) {
          absl::StrAppend(&text, text.empty() ? "" : ",", label.name, "=",
                          label.value);
        }
        texts.push_back(absl::StrCat(text, " ", sample.value));
      }
      return texts;
    }
    return {"no such metric"};
  }

  MapResult Changed(uint64_t added, uint64_t changed, uint64_t removed) const {
    MapResult result;
    result.map = map_.name;
    result.added = added;
    result.changed = changed;
    result.removed = removed;
    return result;
  }

  ServerStatus status_;
  std::optional<StatusBoard> board_;
  std::optional<SyncMetrics> metrics_;
};

TEST_F(SyncMetricsTest, AMapIsFilledOnceTheStoreHasIt) {
  EXPECT_THAT(Samples("postmirror_sync_map_filled"),
              ElementsAre("map=/aliases.cf 0"));
  EXPECT_THAT(Samples("postmirror_sync_map_entries"),
              ElementsAre("map=/aliases.cf 0"));
  Apply(map_, Numbered(0, 7));
  EXPECT_THAT(Samples("postmirror_sync_map_filled"),
              ElementsAre("map=/aliases.cf 1"));
  EXPECT_THAT(Samples("postmirror_sync_map_entries"),
              ElementsAre("map=/aliases.cf 7"));
}

TEST_F(SyncMetricsTest, FreshnessIsAbsentUntilItIsKnown) {
  EXPECT_THAT(Samples("postmirror_sync_map_freshness_seconds"), IsEmpty());
  status_.maps[0].confirmed = clock_.Now();
  Post();
  clock_.Advance(absl::Milliseconds(2500));
  EXPECT_THAT(Samples("postmirror_sync_map_freshness_seconds"),
              ElementsAre("map=/aliases.cf 2.5"));
  // Of a boot before, by a wall clock that has been set back since.
  status_.maps[0].confirmed->boot_id = "another";
  status_.maps[0].confirmed->wall += absl::Hours(1);
  Post();
  EXPECT_THAT(Samples("postmirror_sync_map_freshness_seconds"), IsEmpty());
}

TEST_F(SyncMetricsTest, TellsWhatTheGuardHolds) {
  EXPECT_THAT(Samples("postmirror_sync_map_held"),
              ElementsAre("map=/aliases.cf 0"));
  status_.maps[0].held_removals = 12;
  status_.maps[0].held_values = 3;
  status_.maps[0].held_digest = "0123456789abcdef";
  Post();
  EXPECT_THAT(Samples("postmirror_sync_map_held"),
              ElementsAre("map=/aliases.cf 1"));
  EXPECT_THAT(Samples("postmirror_sync_map_held_removals"),
              ElementsAre("map=/aliases.cf 12"));
  EXPECT_THAT(Samples("postmirror_sync_map_held_values"),
              ElementsAre("map=/aliases.cf 3"));
}

TEST_F(SyncMetricsTest, TellsThatAMapIsBroken) {
  EXPECT_THAT(Samples("postmirror_sync_map_broken"),
              ElementsAre("map=/aliases.cf 0"));
  status_.maps[0].broken = "no such table (1146)";
  Post();
  EXPECT_THAT(Samples("postmirror_sync_map_broken"),
              ElementsAre("map=/aliases.cf 1"));
}

TEST_F(SyncMetricsTest, TellsThatAHostIsInDoubt) {
  EXPECT_THAT(Samples("postmirror_sync_in_doubt"),
              ElementsAre("hosts=db1:3306, db2 0"));
  status_.doubt = "host db2 is read";
  Post();
  EXPECT_THAT(Samples("postmirror_sync_in_doubt"),
              ElementsAre("hosts=db1:3306, db2 1"));
}

TEST_F(SyncMetricsTest, TellsThatAChangeSourceIsNotTheConfiguredOne) {
  status_.server = "db2";
  Post();
  EXPECT_THAT(Samples("postmirror_sync_change_source_as_configured"),
              ElementsAre("hosts=db1:3306, db2 1"));
  status_.as_configured = false;
  Post();
  EXPECT_THAT(Samples("postmirror_sync_change_source_as_configured"),
              ElementsAre("hosts=db1:3306, db2 0"));
  status_.server.clear();
  Post();
  EXPECT_THAT(Samples("postmirror_sync_change_source_as_configured"),
              ElementsAre("hosts=db1:3306, db2 1"));
}

TEST_F(SyncMetricsTest, AChangeSourceIsInUseWhileAServerIsConnected) {
  EXPECT_THAT(Samples("postmirror_sync_connected"),
              ElementsAre("hosts=db1:3306, db2 0"));
  status_.server = "db2";
  status_.change_source = "lsn";
  Post();
  EXPECT_THAT(Samples("postmirror_sync_connected"),
              ElementsAre("hosts=db1:3306, db2 1"));
  EXPECT_THAT(Samples("postmirror_sync_change_source"),
              ElementsAre("hosts=db1:3306, db2,source=binlog 0",
                          "hosts=db1:3306, db2,source=lsn 1",
                          "hosts=db1:3306, db2,source=interval 0"));
  status_.server.clear();
  Post();
  EXPECT_THAT(Samples("postmirror_sync_change_source"),
              ElementsAre("hosts=db1:3306, db2,source=binlog 0",
                          "hosts=db1:3306, db2,source=lsn 0",
                          "hosts=db1:3306, db2,source=interval 0"));
}

TEST_F(SyncMetricsTest, ErrorsAreCountedByHosts) {
  EXPECT_THAT(Samples("postmirror_sync_mariadb_errors_total"),
              ElementsAre("hosts=db1:3306, db2 0"));
  metrics_->CountError(kHosts);
  metrics_->CountError(kHosts);
  EXPECT_THAT(Samples("postmirror_sync_mariadb_errors_total"),
              ElementsAre("hosts=db1:3306, db2 2"));
}

TEST_F(SyncMetricsTest, ChangesAreAddedUp) {
  using enum SyncMetrics::Scope;
  metrics_->CountDiff(kEverything, absl::Seconds(1), {Changed(5, 0, 1)});
  metrics_->CountDiff(kNamed, absl::Seconds(1), {Changed(2, 3, 0)});
  EXPECT_THAT(Samples("postmirror_sync_changes_applied_total"),
              ElementsAre("map=/aliases.cf,change=added 7",
                          "map=/aliases.cf,change=changed 3",
                          "map=/aliases.cf,change=removed 1"));
}

TEST_F(SyncMetricsTest, DiffsAreCountedAndTimedByTheirScope) {
  using enum SyncMetrics::Scope;
  metrics_->CountDiff(kNamed, absl::Microseconds(500), {});
  metrics_->CountDiff(kNamed, absl::Milliseconds(3), {});
  metrics_->CountDiff(kNamed, absl::Minutes(1), {});
  EXPECT_THAT(Samples("postmirror_sync_diffs_total"),
              ElementsAre("scope=everything 0", "scope=named 3"));
  for (const MetricFamily& family : metrics_->Collect()) {
    if (family.name != "postmirror_sync_diff_duration_seconds") continue;
    const MetricSample& named = family.samples[1];
    EXPECT_EQ(named.count, 3U);
    EXPECT_DOUBLE_EQ(named.value, 60.0035);
    EXPECT_EQ(named.buckets[0], (MetricBucket{0.0005, 1}));
    EXPECT_EQ(named.buckets[3], (MetricBucket{0.005, 2}));
    EXPECT_EQ(named.buckets.back(), (MetricBucket{30, 2}));
  }
}

TEST_F(SyncMetricsTest, AMapThatIsNotConfiguredAnyMoreIsGone) {
  using enum SyncMetrics::Scope;
  metrics_->CountDiff(kEverything, absl::Seconds(1), {Changed(5, 0, 0)});
  StatusBoard next(FormatFolder(folder_.path()), 1, &clock_, &logger_);
  metrics_->Watch(&next, store_.get());
  EXPECT_THAT(Samples("postmirror_sync_map_filled"), IsEmpty());
  EXPECT_THAT(Samples("postmirror_sync_connected"), IsEmpty());
  status_.maps[0].name = "/domains.cf";
  next.Post(0, status_);
  EXPECT_THAT(Samples("postmirror_sync_map_filled"),
              ElementsAre("map=/domains.cf 0"));
  // Once it is back its counters go on.
  metrics_->Watch(&*board_, store_.get());
  EXPECT_THAT(Samples("postmirror_sync_changes_applied_total"),
              ElementsAre("map=/aliases.cf,change=added 5",
                          "map=/aliases.cf,change=changed 0",
                          "map=/aliases.cf,change=removed 0"));
}

TEST_F(SyncMetricsTest, TellsOfNoMapWithoutABoard) {
  metrics_->Forget();
  EXPECT_THAT(Samples("postmirror_sync_map_filled"), IsEmpty());
  EXPECT_THAT(Samples("postmirror_sync_build_info"),
              ElementsAre("version=" POSTMIRROR_VERSION " 1"));
}

TEST_F(SyncMetricsTest, TheStoreHasASize) {
  Apply(map_, Numbered(0, 7));
  const std::vector<std::string> bytes = Samples("postmirror_sync_store_bytes");
  ASSERT_EQ(bytes.size(), 1U);
  EXPECT_EQ(bytes[0],
            absl::StrCat(" ", std::filesystem::file_size(
                                  FormatFolder(folder_.path()) + "/data.mdb")));
  std::filesystem::remove_all(FormatFolder(folder_.path()));
  EXPECT_THAT(Samples("postmirror_sync_store_bytes"), IsEmpty());
}

TEST_F(SyncMetricsTest, ReloadsAreCountedByTheirResult) {
  metrics_->CountReload(true);
  metrics_->CountReload(false);
  metrics_->CountReload(false);
  EXPECT_THAT(Samples("postmirror_sync_reloads_total"),
              ElementsAre("result=ok 1", "result=failed 2"));
}

}  // namespace
}  // namespace postmirror
