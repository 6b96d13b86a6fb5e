#include "sync/binlog/binlog_group_reader.h"
#include "tests/sync/binlog/binlog_group_reader_test_case.h"

namespace postmirror {
namespace {

constexpr uint64_t kFourGiB = uint64_t{1} << 32;

class GroupReaderPositionTest : public GroupReaderTestCase {
 protected:
  std::string Position() const { return reader_.position().ToString(); }
};

TEST_F(GroupReaderPositionTest, BeginsWhereTheStreamWasAskedTo) {
  EXPECT_EQ(BinlogGroupReader({"bin.000007", 328}).position().ToString(),
            "bin.000007:328");
}

TEST_F(GroupReaderPositionTest, ARotationLeadsIntoTheNextFile) {
  Take(EventType::kRotate, absl::StrCat(Little(4, 8), "bin.000002"));
  EXPECT_EQ(Position(), "bin.000002:4");
  Take(events_.FakeRotate("bin.000002", 4));
  EXPECT_EQ(Position(), "bin.000002:4");
  events_.MoveTo(4);
  Take(events_.Format());
  EXPECT_EQ(Position(), absl::StrCat("bin.000002:", events_.offset()));
}

TEST_F(GroupReaderPositionTest, ARotationCutShortIsAnError) {
  EXPECT_EQ(Take(EventType::kRotate, Little(4, 8)),
            "binlog rotation cut short");
}

TEST_F(GroupReaderPositionTest, AHeartbeatMovesForwardOnly) {
  const uint64_t offset = reader_.position().offset;
  Take(events_.Heartbeat(kFile, offset + 100));
  EXPECT_EQ(reader_.position().offset, offset + 100);
  Take(events_.Heartbeat(kFile, offset));
  EXPECT_EQ(reader_.position().offset, offset + 100);
}

TEST_F(GroupReaderPositionTest, AHeartbeatOfAnotherFileIsIgnored) {
  const BinlogPosition before = reader_.position();
  Take(events_.Heartbeat("bin.000009", before.offset + 100));
  EXPECT_EQ(reader_.position(), before);
}

TEST_F(GroupReaderPositionTest, AHeartbeatBeyond4GiBTellsAllOfIt) {
  Take(events_.Heartbeat(kFile, kFourGiB + 5));
  EXPECT_EQ(reader_.position().offset, kFourGiB + 5);
}

TEST_F(GroupReaderPositionTest, OffsetsGoOnBeyond4GiB) {
  Take(events_.FakeRotate(kFile, kFourGiB - 10));
  events_.MoveTo(kFourGiB - 10);
  Begin();
  Commit();
  EXPECT_EQ(reader_.position().offset, events_.offset());
  EXPECT_GT(reader_.position().offset, kFourGiB);
}

TEST_F(GroupReaderPositionTest,
       TheStartOfAFileInFrontOfALaterPlaceDoesNotMove) {
  Take(events_.FakeRotate(kFile, 100000));
  EXPECT_EQ(Take(events_.Format()), "nothing");
  EXPECT_EQ(Take(EventType::kGtidList, "x"), "nothing");
  EXPECT_EQ(reader_.position().offset, 100000U);
}

TEST_F(GroupReaderPositionTest, AGroupThatLeadsBackIsAnError) {
  Take(events_.FakeRotate(kFile, 100000));
  const std::string gtid = events_.Gtid();
  EXPECT_EQ(Take(gtid), absl::StrCat("binlog event behind 100000 ends at ",
                                     events_.offset()));
}

TEST_F(GroupReaderPositionTest, AGtidCutShortIsAnError) {
  EXPECT_EQ(Take(EventType::kGtid, "123"), "binlog GTID cut short");
}

}  // namespace
}  // namespace postmirror
