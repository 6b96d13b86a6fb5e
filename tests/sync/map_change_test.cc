#include "sync/map_change.h"

#include <gmock/gmock.h>

#include <memory>
#include <set>
#include <string>

#include "tests/sync/fake_clock.h"
#include "tests/sync/map_rows.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

class MapChangeTest : public ::testing::Test {
 protected:
  void SetUp() override { writer_ = *StoreWriter::Open(folder_.path()); }

  // What is to be done for `rows`; the snapshot lives until the next call.
  absl::StatusOr<MapChange> Decide(const MirroredMap& map,
                                   const KeyValues& rows) {
    snapshot_ = SnapMap(map, rows);
    records_ = *writer_->ReadRecords();
    const auto record = records_.find(map.name);
    return DecideSnapshot(record == records_.end() ? nullptr : &record->second);
  }

  // The same where `rows` are those of `keys` alone.
  absl::StatusOr<MapChange> DecideKeys(const MirroredMap& map,
                                       const std::set<std::string>& keys,
                                       const KeyValues& rows) {
    snapshot_ = SnapMap(map, rows);
    snapshot_.keys = keys;
    records_ = *writer_->ReadRecords();
    const auto record = records_.find(map.name);
    return DecideSnapshot(record == records_.end() ? nullptr : &record->second);
  }

  absl::StatusOr<MapChange> DecideSnapshot(const MapRecord* record) {
    return DecideChange(whole_, snapshot_, {record, writer_.get()}, &guard_,
                        clock_.Now());
  }

  // The same rows by another collation, as the database has them, and by that
  // of the store.
  absl::StatusOr<MapChange> DecideCollated(const KeyValues& rows,
                                           const KeyValues& by_stored) {
    snapshot_ = SnapMap(map_, rows);
    snapshot_.collation =
        std::make_shared<const StoredCollation>(MakeStoredCollation(
            {.name = "utf8mb4_bin", .ranges = {}, .sequences = {}}));
    snapshot_.by_stored =
        std::make_unique<MapSnapshot>(SnapMap(map_, by_stored));
    records_ = *writer_->ReadRecords();
    return DecideSnapshot(&records_[map_.name]);
  }

  void Write(const MapChange& change) {
    absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
        writer_->Begin();
    ASSERT_TRUE(transaction.ok());
    ASSERT_EQ(WriteChange(change, transaction->get()), absl::OkStatus());
    ASSERT_EQ((*transaction)->Commit(), absl::OkStatus());
  }

  void Mirror(const MirroredMap& map, const KeyValues& rows) {
    const absl::StatusOr<MapChange> change = Decide(map, rows);
    ASSERT_TRUE(change.ok()) << change.status();
    Write(*change);
  }

  MapRecord Record(const MirroredMap& map) {
    return (*writer_->ReadRecords())[map.name];
  }

  const MirroredMap map_ = MakeMap("/aliases.cf");
  TemporaryFolder folder_;
  FakeClock clock_;
  Guard guard_{0.5};
  std::unique_ptr<StoreWriter> writer_;
  Snapshot whole_;  // what snapshot_ is a part of
  MapSnapshot snapshot_;
  std::map<std::string, MapRecord> records_;
};

TEST_F(MapChangeTest, AMapThatTheStoreDoesNotKnowIsFilled) {
  const absl::StatusOr<MapChange> change = Decide(map_, {{"a", "1"}});
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->step, MapStep::kFill);
  EXPECT_TRUE(ChangesStore(*change));
  EXPECT_EQ(change->EntriesAfterwards(), 1U);
}

TEST_F(MapChangeTest, TheFirstFillOfAnEmptyTableIsAFillToo) {
  Mirror(map_, {});
  EXPECT_EQ(Record(map_).sub_database, "m1");
  EXPECT_EQ(Record(map_).entries, 0U);
}

TEST_F(MapChangeTest, TheRecordSaysWhatTheMapIs) {
  MirroredMap map = MakeMap("/aliases.cf", "the definition");
  map.domain = {"example.org"};
  map.rules.utf8 = false;
  Mirror(map, {{"a", "1"}, {"a", "2"}, {"b", "3"}});
  const std::string digest = snapshot_.collation->digest;
  EXPECT_EQ(Record(map), (MapRecord{.sub_database = "m1",
                                    .definition = snapshot_.Definition(),
                                    .domain = {"example.org"},
                                    .key_collation = "utf8mb4_general_ci",
                                    .collation_digest = digest,
                                    .utf8 = false,
                                    .entries = 2,
                                    .unstorable_rows = 0}));
}

TEST_F(MapChangeTest, AnotherCollationIsFilledIntoANewSubDatabase) {
  Mirror(map_, {{"a", "1"}});
  const absl::StatusOr<MapChange> same = Decide(map_, {{"a", "1"}});
  ASSERT_TRUE(same.ok());
  snapshot_.collation =
      std::make_shared<const StoredCollation>(MakeStoredCollation(
          {.name = "utf8mb4_bin", .ranges = {}, .sequences = {}}));
  const MapRecord record = Record(map_);
  const absl::StatusOr<MapChange> change = DecideSnapshot(&record);
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->step, MapStep::kFill);
  Write(*change);
  EXPECT_EQ(Record(map_).sub_database, "m2");
  EXPECT_EQ(Record(map_).key_collation, "utf8mb4_bin");
}

TEST_F(MapChangeTest, NewKeysOfAHeldMapDoNotWaitForItsNewCollation) {
  Mirror(map_, Numbered(0, 100));
  ASSERT_TRUE(Decide(map_, {}).ok());
  const KeyValues rows = {{"new", "1"}};
  absl::StatusOr<MapChange> change = DecideCollated(rows, rows);
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->step, MapStep::kWrite);
  EXPECT_EQ(change->added(), 1U);
  EXPECT_EQ(change->removed(), 0U);
  ASSERT_TRUE(change->judgement.held.has_value());
  EXPECT_EQ(change->judgement.held->additions, std::nullopt);
  EXPECT_THAT(change->judgement.held->reason,
              ::testing::HasSubstr("its new collation waits"));
  Write(*change);
  EXPECT_EQ(Record(map_).key_collation, "utf8mb4_general_ci");
  EXPECT_EQ(Record(map_).entries, 101U);

  // They come back, and the collation with them.
  KeyValues all = Numbered(0, 100);
  all.emplace_back("new", "1");
  change = DecideCollated(all, all);
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->step, MapStep::kFill);
  Write(*change);
  EXPECT_EQ(Record(map_).key_collation, "utf8mb4_bin");
  EXPECT_EQ(Record(map_).entries, 101U);
}

// That each key has another form says nothing of what came and went.
TEST_F(MapChangeTest, ANewCollationIsJudgedByThatOfTheStore) {
  Mirror(map_, Numbered(0, 100));
  KeyValues forms;
  for (int i = 0; i < 103; ++i)
    forms.emplace_back(absl::StrCat("form", i), "v");
  const absl::StatusOr<MapChange> change =
      DecideCollated(forms, Numbered(0, 100));
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->step, MapStep::kFill);
  EXPECT_EQ(change->judgement.held, std::nullopt);
  Write(*change);
  EXPECT_EQ(Record(map_).entries, 103U);
  EXPECT_FALSE(guard_.RemembersKeys(map_.name));
}

// And what a lookup does not find by it any more is gone.
TEST_F(MapChangeTest, ANewCollationThatLosesKeysIsHeld) {
  Mirror(map_, Numbered(0, 100));
  const absl::StatusOr<MapChange> change =
      DecideCollated(Numbered(0, 100), Numbered(60, 100));
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->step, MapStep::kWrite);
  EXPECT_EQ(change->removed(), 0U);
  EXPECT_TRUE(guard_.IsHeld(map_.name));
}

TEST_F(MapChangeTest, AHeldDefinitionSaysThatNewKeysWait) {
  Mirror(map_, Numbered(0, 100));
  const MirroredMap redefined = MakeMap(map_.name, "second");
  const absl::StatusOr<MapChange> change = Decide(redefined, {{"new", "1"}});
  ASSERT_TRUE(change.ok());
  ASSERT_TRUE(change->judgement.held.has_value());
  EXPECT_EQ(change->judgement.held->additions, 1U);
}

TEST_F(MapChangeTest, AnEqualSnapshotChangesNothing) {
  Mirror(map_, {{"a", "1"}});
  const absl::StatusOr<MapChange> change = Decide(map_, {{"a", "1"}});
  ASSERT_TRUE(change.ok());
  EXPECT_FALSE(ChangesStore(*change));
}

TEST_F(MapChangeTest, ARowThatChangesNoEntryChangesTheRecord) {
  Mirror(map_, {{"a", "1"}});
  snapshot_ = SnapMap(map_, {{"a", "1"}});
  snapshot_.unstorable_rows = 1;
  const MapRecord record = Record(map_);
  const absl::StatusOr<MapChange> change = DecideSnapshot(&record);
  ASSERT_TRUE(change.ok());
  EXPECT_TRUE(ChangesStore(*change));
  Write(*change);
  EXPECT_EQ(Record(map_).unstorable_rows, 1U);
}

// A long key that is answered temporarily must not become "not found" while the
// old entries stay.
TEST_F(MapChangeTest, AHeldMapKeepsItsCountOfUnstorableRows) {
  snapshot_ = SnapMap(map_, Numbered(0, 20));
  snapshot_.unstorable_rows = 3;
  const absl::StatusOr<MapChange> fill = DecideSnapshot(nullptr);
  ASSERT_TRUE(fill.ok());
  Write(*fill);
  const absl::StatusOr<MapChange> change = Decide(map_, {{"new", "1"}});
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->step, MapStep::kWrite);
  EXPECT_EQ(change->removed(), 0U);
  Write(*change);
  EXPECT_EQ(Record(map_).unstorable_rows, 3U);
  EXPECT_EQ(Record(map_).entries, 21U);
}

TEST_F(MapChangeTest, ANewDefinitionThatIsHeldDoesNothing) {
  Mirror(map_, Numbered(0, 100));
  const MirroredMap redefined = MakeMap(map_.name, "second");
  const absl::StatusOr<MapChange> change = Decide(redefined, {{"new", "1"}});
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->step, MapStep::kNothing);
  EXPECT_FALSE(ChangesStore(*change));
  EXPECT_EQ(change->EntriesAfterwards(), 100U);
}

TEST_F(MapChangeTest, ARecordWithoutItsSubDatabaseIsDamage) {
  Mirror(map_, {{"a", "1"}});
  snapshot_ = SnapMap(map_, {{"a", "1"}});
  MapRecord record = Record(map_);
  record.sub_database = "m99";
  EXPECT_EQ(DecideSnapshot(&record).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(MapChangeTest, OtherEntriesThanTheRecordCountsAreDamage) {
  Mirror(map_, {{"a", "1"}});
  snapshot_ = SnapMap(map_, {{"a", "1"}});
  MapRecord record = Record(map_);
  record.entries = 2;
  EXPECT_EQ(DecideSnapshot(&record).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(MapChangeTest, OfSomeKeysOnlyTheseAreWritten) {
  Mirror(map_, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const absl::StatusOr<MapChange> change =
      DecideKeys(map_, {"b", "c", "d"}, {{"c", "9"}, {"d", "4"}});
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->step, MapStep::kWrite);
  Write(*change);
  EXPECT_EQ(Record(map_).entries, 3U);
  const absl::StatusOr<MapChange> whole =
      Decide(map_, {{"a", "1"}, {"c", "9"}, {"d", "4"}});
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_TRUE(whole->changes.empty());
}

// They are rows of other keys.
TEST_F(MapChangeTest, OfSomeKeysTheCountOfUnstorableRowsStays) {
  snapshot_ = SnapMap(map_, Numbered(0, 20));
  snapshot_.unstorable_rows = 3;
  const absl::StatusOr<MapChange> fill = DecideSnapshot(nullptr);
  ASSERT_TRUE(fill.ok());
  Write(*fill);
  const absl::StatusOr<MapChange> change =
      DecideKeys(map_, {"new"}, {{"new", "1"}});
  ASSERT_TRUE(change.ok());
  Write(*change);
  EXPECT_EQ(Record(map_).unstorable_rows, 3U);
  EXPECT_EQ(Record(map_).entries, 21U);
}

TEST_F(MapChangeTest, SomeKeysDoNotFitAnotherDefinitionOrNone) {
  EXPECT_TRUE(absl::IsAborted(DecideKeys(map_, {"a"}, {{"a", "1"}}).status()));
  Mirror(map_, {{"a", "1"}});
  const MirroredMap other = MakeMap(map_.name, "second");
  EXPECT_TRUE(absl::IsAborted(DecideKeys(other, {"a"}, {{"a", "2"}}).status()));
}

TEST_F(MapChangeTest, TheGuardHoldsSomeKeysToo) {
  Mirror(map_, {{"a", "1"}});
  const absl::StatusOr<MapChange> change = DecideKeys(map_, {"a"}, {});
  ASSERT_TRUE(change.ok());
  EXPECT_EQ(change->removed(), 0U);
  EXPECT_TRUE(guard_.IsHeld(map_.name));
}

TEST_F(MapChangeTest, OfSomeKeysThatAreAsTheyWereNothingIsWritten) {
  Mirror(map_, {{"a", "1"}, {"b", "2"}});
  const absl::StatusOr<MapChange> change =
      DecideKeys(map_, {"a", "c"}, {{"a", "1"}});
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_FALSE(ChangesStore(*change));
  EXPECT_EQ(change->EntriesAfterwards(), 2U);
}

// What becomes of it is known only when all of it is read.
TEST_F(MapChangeTest, SomeKeysOfAHeldMapAreNotEnough) {
  Mirror(map_, Numbered(0, 100));
  ASSERT_TRUE(Decide(map_, {}).ok());
  ASSERT_TRUE(guard_.IsHeld(map_.name));
  EXPECT_TRUE(
      absl::IsAborted(DecideKeys(map_, {"k0"}, {{"k0", "v"}}).status()));
}

TEST_F(MapChangeTest, WhatWaitsOfAChangeSetIsLeftOut) {
  Mirror(map_, {{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
  whole_.uncontained = true;
  ASSERT_TRUE(Decide(map_, {{"a", "9"}, {"c", "3"}, {"d", "4"}}).ok());
  whole_.uncontained = false;
  const absl::StatusOr<MapChange> change =
      Decide(map_, {{"a", "9"}, {"d", "8"}, {"e", "5"}});
  ASSERT_TRUE(change.ok()) << change.status();
  EXPECT_EQ(change->added(), 1U);
  EXPECT_EQ(change->changed(), 1U);
  EXPECT_EQ(change->removed(), 1U);
  EXPECT_EQ(change->EntriesAfterwards(), 4U);
  Write(*change);
  const absl::StatusOr<MapChange> left =
      Decide(map_, {{"a", "1"}, {"b", "2"}, {"d", "8"}, {"e", "5"}});
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_TRUE(left->changes.empty());
}

TEST_F(MapChangeTest, NewKeysThatWaitAreLeftOut) {
  Mirror(map_, {{"a", "1"}});
  snapshot_ = SnapMap(map_, {{"a", "2"}, {"b", "2"}});
  snapshot_.additions_wait = true;
  const MapRecord record = Record(map_);
  const absl::StatusOr<MapChange> change = DecideSnapshot(&record);
  ASSERT_TRUE(change.ok()) << change.status();
  Write(*change);
  EXPECT_EQ(change->judgement.waiting_additions, 1U);
  EXPECT_EQ(Record(map_).entries, 1U);
}

// A count below none would be taken for the largest of all.
TEST_F(MapChangeTest, MoreRemovedKeysThanTheRecordCountsAreDamage) {
  Mirror(map_, {{"a", "1"}, {"b", "2"}});
  snapshot_ = SnapMap(map_, {});
  snapshot_.keys = std::set<std::string>{"a", "b"};
  MapRecord record = Record(map_);
  record.entries = 1;
  EXPECT_EQ(DecideSnapshot(&record).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace postmirror
