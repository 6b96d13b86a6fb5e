#include <fstream>
#include <iterator>

#include "absl/strings/str_replace.h"
#include "schema/store/environment.h"
#include "tests/sync/host_facts_text.h"
#include "tests/sync/mirror_store_test_case.h"

namespace postmirror {
namespace {

class MirrorStoreBoundTest : public MirrorStoreTestCase {
 protected:
  static std::string BoundAt(const std::string& gtids) {
    return EncodeReadBound(ReadOf(HostAt("p", 1, gtids)));
  }

  // A snapshot that was read when the host was at these GTIDs.
  Snapshot ReadAt(const std::string& gtids, const KeyValues& rows) {
    Snapshot snapshot = Snap(map_, rows);
    snapshot.bound_maps = {map_.name};
    snapshot.read_bound = BoundAt(gtids);
    return snapshot;
  }

  StoredReads Reads() { return store_->Reads({map_.name}); }

  Recollection Recalled() { return Recall(Reads()); }

  std::string StoredGtids() { return StoredGtidsOf({map_.name}); }

  std::string StoredGtidsOf(const std::vector<std::string>& maps) {
    const Recollection recollection = Recall(store_->Reads(maps));
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
  ASSERT_EQ(store_->KeepBound({map_.name}, BoundAt("0-1-7")), absl::OkStatus());
  Restart();
  EXPECT_EQ(StoredGtids(), "0-1-7");
}

TEST_F(MirrorStoreBoundTest, AMapTakesItsOwnWithItToOtherHosts) {
  Snapshot both = ReadAt("0-1-100", Numbered(0, 50));
  both.bound_maps = {map_.name, domains_.name};
  Apply(both);
  EXPECT_EQ(StoredGtidsOf({domains_.name}), "0-1-100");
  // It is read of others now, and they read on.
  Apply(ReadAt("0-1-500", Numbered(0, 60)));
  EXPECT_EQ(StoredGtids(), "0-1-500");
  EXPECT_EQ(StoredGtidsOf({domains_.name}), "0-1-100");
  // Hosts of both must contain what was read of either.
  EXPECT_EQ(StoredGtidsOf({map_.name, domains_.name}), "0-1-500");
  Restart();
  EXPECT_EQ(StoredGtids(), "0-1-500");
  EXPECT_EQ(StoredGtidsOf({domains_.name}), "0-1-100");
}

TEST_F(MirrorStoreBoundTest,
       AMapThatIsNewToTheHostsGetsOneThoughNothingChanged) {
  Apply(ReadAt("0-1-100", Numbered(0, 50)));
  Snapshot both = ReadAt("0-1-100", Numbered(0, 50));
  both.bound_maps = {map_.name, domains_.name};
  Apply(both);
  EXPECT_EQ(StoredGtidsOf({domains_.name}), "0-1-100");
}

TEST_F(MirrorStoreBoundTest, ItGoesWithTheMap) {
  Snapshot both = ReadAt("0-1-100", Numbered(0, 50));
  both.bound_maps = {map_.name, domains_.name};
  Apply(both);
  ASSERT_EQ(store_->DropAllBut({map_.name}), absl::OkStatus());
  Restart();
  EXPECT_EQ(StoredGtidsOf({domains_.name}), "NONE");
  EXPECT_EQ(StoredGtids(), "0-1-100");
}

// A note for a list of hosts says nothing of whose maps were read.
TEST_F(MirrorStoreBoundTest, WithANoteOfAnEarlierVersionNothingIsKnown) {
  Apply(map_, Numbered(0, 50));
  store_.reset();
  {
    const auto writer = StoreWriter::Open(folder_.path());
    ASSERT_TRUE(writer.ok()) << writer.status();
    const auto transaction = (*writer)->Begin();
    ASSERT_TRUE(transaction.ok()) << transaction.status();
    ASSERT_EQ((*transaction)->PutNote("bound/0123456789abcdef", "bound\t1\n"),
              absl::OkStatus());
    ASSERT_EQ((*transaction)->Commit(), absl::OkStatus());
  }
  Restart();
  EXPECT_TRUE(Recalled().damaged);
  ASSERT_EQ(store_->DropAllBut({map_.name}), absl::OkStatus());
  EXPECT_TRUE(Recalled().damaged);
  // Of a map that has its own it is known.
  Apply(ReadAt("0-1-100", Numbered(0, 50)));
  EXPECT_EQ(StoredGtids(), "0-1-100");
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
