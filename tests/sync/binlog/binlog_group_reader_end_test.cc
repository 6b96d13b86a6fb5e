// What ends a group, what is not understood in it, and what stands outside.
#include "sync/binlog/binlog_group_reader.h"
#include "tests/sync/binlog/binlog_group_reader_test_case.h"

namespace postmirror {
namespace {

constexpr auto kUnknown = static_cast<EventType>(99);

class GroupReaderEndTest : public GroupReaderTestCase {
 protected:
  void BeginWithAlias() {
    Begin();
    MapAliases();
    WriteAlias("a");
  }
};

TEST_F(GroupReaderEndTest, CommitInItsTextEndsAGroup) {
  BeginWithAlias();
  EXPECT_EQ(Query("COMMIT"), "aliases: a");
}

TEST_F(GroupReaderEndTest, AfterARollbackTablesAreWhole) {
  BeginWithAlias();
  EXPECT_EQ(Query("ROLLBACK"), "aliases: whole");
}

TEST_F(GroupReaderEndTest, APreparedXaTransactionMakesTablesWhole) {
  Begin(0x44);
  MapAliases();
  WriteAlias("a");
  EXPECT_EQ(Query("XA END X'61',X'',1"), "nothing");
  EXPECT_EQ(Take(EventType::kXaPrepare, "1"), "aliases: whole");
}

TEST_F(GroupReaderEndTest, TheEndOfAnXaTransactionIsAnything) {
  Begin(0x80 | kStandalone);
  EXPECT_EQ(Query("XA COMMIT X'61',X'',1"), "anything");
  Begin(0x80);
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderEndTest, SavepointsSayNothing) {
  Begin();
  MapAliases();
  WriteAlias("a");
  for (const char* text : {"BEGIN", "START TRANSACTION", "SAVEPOINT `a`",
                           "ROLLBACK TO `a`", "RELEASE SAVEPOINT `a`"}) {
    EXPECT_EQ(Query(text), "nothing") << text;
  }
  EXPECT_EQ(Take(EventType::kQueryCompressed,
                 absl::StrCat(QueryBody(""), Deflate("SAVEPOINT `b`"))),
            "nothing");
  EXPECT_EQ(Commit(), "aliases: a");
}

TEST_F(GroupReaderEndTest, AStatementInItsTextIsAnything) {
  for (const char* text :
       {"INSERT INTO aliases VALUES (1)", "COMMIT AND CHAIN", "rollback",
        "SAVEPOINTS", "# Dum", "", "/* x */ COMMIT"}) {
    BeginWithAlias();
    EXPECT_EQ(Query(text), "nothing") << text;
    EXPECT_EQ(Commit(), "anything") << text;
  }
}

TEST_F(GroupReaderEndTest, ACompressedStatementIsAnything) {
  BeginWithAlias();
  Take(EventType::kQueryCompressed,
       absl::StrCat(QueryBody(""), Deflate(std::string(9999, 'x'))));
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderEndTest, AQueryCutShortIsAnything) {
  BeginWithAlias();
  Take(EventType::kQuery, "1234");
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderEndTest, AStandaloneGroupHasOneEvent) {
  Begin(kStandalone);
  EXPECT_EQ(Take(EventType::kAnnotateRows, "DROP"), "nothing");
  EXPECT_EQ(Query("DROP TABLE x"), "anything");
  BeginWithAlias();
  EXPECT_EQ(Commit(), "aliases: a");
}

TEST_F(GroupReaderEndTest, RowsOfAStandaloneGroupAreNamed) {
  Begin(kStandalone);
  MapAliases();
  EXPECT_EQ(Take(EventType::kWriteRows, RowsBody(1, 1, {Alias("a")})),
            "aliases: a");
}

TEST_F(GroupReaderEndTest, DdlIsAnything) {
  Begin(0x20 | kStandalone);
  EXPECT_EQ(Query("CREATE TABLE x (a INT)"), "anything");
  Begin(0x20);
  EXPECT_EQ(Query("CREATE TABLE `aliases` (`a` INT)"), "nothing");
  MapAliases();
  WriteAlias("a");
  EXPECT_EQ(Commit(), "anything");
}

TEST_F(GroupReaderEndTest, FlushedTablesAreThoseThatTheyWere) {
  for (const char* const text : {"FLUSH TABLES", "flush  tables aliases"}) {
    Begin(0x20 | kStandalone);
    EXPECT_EQ(Query(text), "nothing");
  }
}

// Or their files were replaced meanwhile.
TEST_F(GroupReaderEndTest, FlushedTablesWithOpenFilesAreWhole) {
  watched_ = std::make_shared<const WatchList>(std::vector<WatchedTable>{
      {"mail", "aliases", {1}, {.has_open_files = true}},
      {"mail", "domains", {0}}});
  Begin(0x20 | kStandalone);
  EXPECT_EQ(Query("FLUSH TABLES"), "aliases: whole");
}

TEST_F(GroupReaderEndTest, PreparationsAndRemarksSayNothing) {
  Begin();
  for (const EventType type :
       {EventType::kIntvar, EventType::kRand, EventType::kUserVar,
        EventType::kBeginLoadQuery, EventType::kAppendBlock,
        EventType::kDeleteFile, EventType::kAnnotateRows}) {
    EXPECT_EQ(Take(type, "x"), "nothing");
  }
  EXPECT_EQ(Take(kUnknown, "x", kEventFlagIgnorable), "nothing");
  EXPECT_EQ(Commit(), "nothing");
}

TEST_F(GroupReaderEndTest, UnknownEventsAreAnythingAtTheGroupsEnd) {
  for (const EventType type :
       {kUnknown, EventType::kExecuteLoadQuery, EventType::kIncident}) {
    BeginWithAlias();
    EXPECT_EQ(Take(type, "x"), "nothing");
    EXPECT_EQ(Commit(), "anything");
  }
}

TEST_F(GroupReaderEndTest, OutsideAGroupAnEventIsAGroupOfItsOwn) {
  for (const EventType type :
       {kUnknown, EventType::kIncident, EventType::kQuery, EventType::kXid,
        EventType::kTableMap, EventType::kWriteRows}) {
    EXPECT_EQ(Take(type, "x"), "anything");
    EXPECT_EQ(end_.offset, events_.offset());
    EXPECT_EQ(reader_.position(), end_);
  }
}

TEST_F(GroupReaderEndTest, RemarksOutsideMoveThePosition) {
  for (const EventType type :
       {EventType::kGtidList, EventType::kBinlogCheckpoint, EventType::kStop,
        EventType::kStartEncryption}) {
    EXPECT_EQ(Take(type, "x"), "nothing");
    EXPECT_EQ(reader_.position().offset, events_.offset());
  }
  EXPECT_EQ(Take(kUnknown, "x", kEventFlagIgnorable), "nothing");
  EXPECT_EQ(reader_.position().offset, events_.offset());
}

TEST_F(GroupReaderEndTest, AGroupThatAnotherInterruptsIsAnything) {
  BeginWithAlias();
  const uint64_t end = events_.offset();
  EXPECT_EQ(Take(events_.Gtid()), "anything");
  EXPECT_EQ(end_.offset, end);
  EXPECT_EQ(Commit(), "nothing");
}

TEST_F(GroupReaderEndTest, AGroupThatAnotherFileInterruptsIsAnything) {
  BeginWithAlias();
  EXPECT_EQ(Take(events_.FakeRotate("bin.000002", 4)), "anything");
  EXPECT_EQ(end_.file, kFile);
  BeginWithAlias();
  EXPECT_EQ(Take(events_.Format()), "anything");
}

TEST_F(GroupReaderEndTest, InsideAGroupThePositionStays) {
  const BinlogPosition before = reader_.position();
  BeginWithAlias();
  EXPECT_EQ(Take(events_.Heartbeat(kFile, events_.offset() + 9)), "nothing");
  EXPECT_EQ(reader_.position(), before);
  EXPECT_EQ(Commit(), "aliases: a");
  EXPECT_EQ(reader_.position().offset, events_.offset());
}

}  // namespace
}  // namespace postmirror
