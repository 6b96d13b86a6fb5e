#include <fstream>
#include <iterator>

#include "absl/strings/str_replace.h"
#include "schema/runtime/digest.h"
#include "schema/store/environment.h"
#include "tests/sync/host_facts_text.h"
#include "tests/sync/mirror_store_test_case.h"

namespace postmirror {
namespace {

constexpr char kHosts[] = "inet:p:3306, inet:r:3306";

class MirrorStoreBoundTest : public MirrorStoreTestCase {
 protected:
  // A snapshot that was read when the host was at these GTIDs.
  Snapshot ReadAt(const std::string& gtids, const KeyValues& rows) {
    Snapshot snapshot = Snap(map_, rows);
    snapshot.hosts = kHosts;
    snapshot.read_bound = EncodeReadBound(ReadOf(HostAt("p", 1, gtids)));
    return snapshot;
  }

  StoredReads Reads() { return store_->Reads({map_.name}); }

  Recollection Recalled() { return Recall(Reads(), DigestText(kHosts), {"p"}); }

  std::string StoredGtids() {
    const Recollection recollection = Recalled();
    if (!recollection.bound.has_value()) return "NONE";
    std::string text;
    for (const auto& [writer, number] : recollection.bound->gtids) {
      text += GtidText(writer, number);
    }
    return text;
  }
};

TEST_F(MirrorStoreBoundTest, BeforeTheFirstReadThereIsNone) {
  EXPECT_FALSE(Reads().filled);
  EXPECT_EQ(StoredGtids(), "NONE");
  EXPECT_FALSE(Recalled().damaged);
}

TEST_F(MirrorStoreBoundTest, ItIsInTheTransactionOfTheData) {
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  EXPECT_TRUE(Reads().filled);
  const uint64_t before = probe_.LastTransaction();
  Apply(ReadAt("0-1-151", Numbered(0, 51)));
  EXPECT_EQ(probe_.LastTransaction(), before + 1);
  Restart();
  EXPECT_EQ(StoredGtids(), "0-1-151");
}

TEST_F(MirrorStoreBoundTest, AnUnchangedResyncWritesNothing) {
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  const uint64_t before = probe_.LastTransaction();
  Apply(ReadAt("0-1-160", Numbered(0, 50)));
  EXPECT_EQ(probe_.LastTransaction(), before);
  EXPECT_EQ(StoredGtids(), "0-1-150");
}

TEST_F(MirrorStoreBoundTest, TheFirstOneIsWrittenThoughNothingChanged) {
  Apply(map_, Numbered(0, 50));
  EXPECT_EQ(StoredGtids(), "NONE");
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  EXPECT_EQ(StoredGtids(), "0-1-150");
}

TEST_F(MirrorStoreBoundTest, OneIsKeptByItself) {
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  const std::string bound = EncodeReadBound(ReadOf(HostAt("p", 1, "0-1-7")));
  ASSERT_EQ(store_->KeepBound(kHosts, bound), absl::OkStatus());
  Restart();
  EXPECT_EQ(StoredGtids(), "0-1-7");
}

TEST_F(MirrorStoreBoundTest, AnotherListIsApart) {
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  const StoredReads reads = Reads();
  EXPECT_EQ(reads.bounds.size(), 1U);
  EXPECT_EQ(Recall(reads, DigestText("inet:x:3306"), {"x"}).bound,
            std::nullopt);
}

// A change of hosts may be taken back within the hour for which maps are kept.
TEST_F(MirrorStoreBoundTest, AFormerListNamedAgainGoesOnFromWhatOthersRead) {
  Restart({kHosts});
  Apply(ReadAt("0-1-100", Numbered(0, 50)));
  Restart({"inet:p:3306"});
  Snapshot alone = ReadAt("0-1-500", Numbered(0, 60));
  alone.hosts = "inet:p:3306";
  Apply(alone);
  EXPECT_EQ(Reads().bounds.size(), 1U);
  Restart({kHosts});
  EXPECT_EQ(StoredGtids(), "0-1-500");
}

TEST_F(MirrorStoreBoundTest, AFormerListStaysUntilAllThatFollowItHaveTheirOwn) {
  Restart({kHosts});
  Apply(ReadAt("0-1-100", Numbered(0, 50)));
  const std::set<std::string> lists = {"inet:p:3306", "inet:r:3306"};
  Restart(lists);
  const std::string newer = EncodeReadBound(ReadOf(HostAt("p", 1, "0-1-500")));
  ASSERT_EQ(store_->KeepBound("inet:p:3306", newer), absl::OkStatus());
  // The other one goes on from it, and it does not go on from itself alone.
  EXPECT_EQ(Reads().bounds.size(), 2U);
  Restart({kHosts});
  EXPECT_EQ(StoredGtids(), "0-1-500");
  Restart(lists);
  ASSERT_EQ(store_->KeepBound("inet:r:3306", newer), absl::OkStatus());
  Restart();
  EXPECT_EQ(Reads().bounds.size(), 2U);
  EXPECT_EQ(Reads().bounds.count(DigestText(kHosts)), 0U);
}

TEST_F(MirrorStoreBoundTest, OneWithAWrongByteIsDamagedAndNotNone) {
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  store_.reset();
  const std::string path = FormatFolder(folder_.path()) + "/data.mdb";
  std::ifstream in(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(in), {}};
  std::ofstream(path, std::ios::binary)
      << absl::StrReplaceAll(bytes, {{"gtid\t0\t1\t150", "gtid\t0\t1\t100"}});
  Restart();
  EXPECT_TRUE(Reads().filled);
  EXPECT_TRUE(Recalled().damaged);
  EXPECT_EQ(Recalled().bound, std::nullopt);
  EXPECT_EQ(Lookup("k0"), "v");
}

TEST_F(MirrorStoreBoundTest, OfADamagedStoreNothingIsKnown) {
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  store_.reset();
  std::ofstream(FormatFolder(folder_.path()) + "/data.mdb") << "garbage";
  Restart();
  EXPECT_TRUE(Reads().unknown);
}

TEST_F(MirrorStoreBoundTest, AStoreThatWasSetAsideGetsItAgain) {
  Apply(ReadAt("0-1-150", Numbered(0, 50)));
  store_.reset();
  std::ofstream(FormatFolder(folder_.path()) + "/data.mdb") << "garbage";
  Restart();
  Apply(ReadAt("0-1-160", Numbered(0, 50)));
  EXPECT_EQ(StoredGtids(), "0-1-160");
}

}  // namespace
}  // namespace postmirror
