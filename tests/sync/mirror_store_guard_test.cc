// What the guard holds of a store, and what it remembers in it.
#include <functional>

#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"
#include "tests/sync/mirror_store_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MirrorStoreGuardTest : public MirrorStoreTestCase {
 protected:
  // Changes what sync's notes say, behind its back and past their digest.
  void EditNotes(const std::function<void(std::string*)>& edit) {
    store_.reset();
    {
      absl::StatusOr<std::unique_ptr<StoreWriter>> writer =
          StoreWriter::Open(folder_.path());
      ASSERT_TRUE(writer.ok());
      const auto notes = *(*writer)->ReadNotes();
      EXPECT_FALSE(notes.empty());
      absl::StatusOr<std::unique_ptr<StoreTransaction>> transaction =
          (*writer)->Begin();
      for (const auto& [name, note] : notes) {
        std::string bytes = absl::StrCat(DigestText(*note), *note);
        edit(&bytes);
        ASSERT_TRUE(
            (*transaction)
                ->Put("status", absl::StrCat("note/", name), bytes, false)
                .ok());
      }
      ASSERT_TRUE((*transaction)->Commit().ok());
    }
    Restart();
  }
};

TEST_F(MirrorStoreGuardTest, AHeldMapGetsItsNewKeysAlone) {
  Apply(map_, Numbered(0, 100));
  const MapResult result =
      Apply(map_, {{"k0", "changed"}, {"k1", "v"}, {"new", "1"}});
  ASSERT_TRUE(result.held.has_value());
  EXPECT_EQ(result.held->removals, 98U);
  EXPECT_EQ(result.added, 1U);
  EXPECT_EQ(result.changed, 0U);
  EXPECT_EQ(result.removed, 0U);
  EXPECT_EQ(result.entries, 101U);
  EXPECT_EQ(Lookup("new"), "1");
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_EQ(Lookup("k99"), "v");
}

TEST_F(MirrorStoreGuardTest, OtherMapsFollowWhileOneIsHeld) {
  Apply(map_, Numbered(0, 100));
  Apply(domains_, Numbered(0, 100));
  Snapshot snapshot;
  snapshot.maps.push_back(SnapMap(map_, {}));
  snapshot.maps.push_back(SnapMap(domains_, Numbered(1, 100)));
  const std::vector<MapResult> results = Apply(snapshot);
  EXPECT_TRUE(results[0].held.has_value());
  EXPECT_FALSE(results[1].held.has_value());
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_EQ(probe_.Lookup(domains_.name, "k0"), "NOT FOUND");
}

TEST_F(MirrorStoreGuardTest, AnAcceptedMapFollowsTheDatabase) {
  Apply(map_, Numbered(0, 100));
  const MapResult held = Apply(map_, {});
  ASSERT_TRUE(held.held.has_value());
  EXPECT_TRUE(AcceptHeld(held));
  const MapResult result = Apply(map_, {});
  EXPECT_FALSE(result.held.has_value());
  EXPECT_EQ(result.removed, 100U);
  EXPECT_EQ(Lookup("k0"), "NOT FOUND");
}

TEST_F(MirrorStoreGuardTest, AHeldMapWhoseTableComesBackIsReleased) {
  Apply(map_, Numbered(0, 100));
  ASSERT_TRUE(Apply(map_, {}).held.has_value());
  EXPECT_FALSE(Apply(map_, Numbered(2, 101)).held.has_value());
  EXPECT_EQ(Lookup("k0"), "NOT FOUND");
  EXPECT_EQ(Lookup("k100"), "v");
}

TEST_F(MirrorStoreGuardTest, ARestartDoesNotReleaseAHeldMap) {
  Apply(map_, Numbered(0, 100));
  ASSERT_TRUE(Apply(map_, {}).held.has_value());
  Restart();
  EXPECT_TRUE(Apply(map_, {}).held.has_value());
  EXPECT_EQ(Lookup("k0"), "v");
}

TEST_F(MirrorStoreGuardTest, ANewDefinitionThatWouldEmptyTheMapIsHeld) {
  Apply(map_, {{"a", "1"}, {"b", "2"}});
  const MirroredMap redefined = MakeMap(map_.name, "second");
  const MapResult held = Apply(redefined, {});
  ASSERT_TRUE(held.held.has_value());
  EXPECT_EQ(held.entries, 2U);
  EXPECT_EQ(Lookup("a"), "1");
  EXPECT_EQ(probe_.Record(map_.name), "m1 first 2 0");
  ASSERT_TRUE(AcceptHeld(held));
  EXPECT_TRUE(Apply(redefined, {}).filled);
  EXPECT_EQ(Lookup("a"), "NOT FOUND");
  EXPECT_EQ(probe_.Record(map_.name), "m2 second 0 0");
}

TEST_F(MirrorStoreGuardTest, ANewDefinitionStaysHeldWhileAnotherMapChanges) {
  Apply(map_, {{"a", "1"}, {"b", "2"}});
  Apply(domains_, {{"c", "1"}});
  const MirroredMap redefined = MakeMap(map_.name, "second");
  Snapshot snapshot;
  snapshot.maps.push_back(SnapMap(redefined, {}));
  snapshot.maps.push_back(SnapMap(domains_, {{"c", "2"}}));
  Apply(snapshot);
  EXPECT_EQ(probe_.Lookup(domains_.name, "c"), "2");
  EXPECT_EQ(Lookup("a"), "1");
  EXPECT_EQ(probe_.Record(map_.name), "m1 first 2 0");
}

TEST_F(MirrorStoreGuardTest, AnAcceptIsGoodForTheNextSnapshotOfItsMapAlone) {
  Apply(map_, Numbered(0, 100));
  Apply(domains_, Numbered(0, 100));
  ASSERT_TRUE(AcceptHeld(Apply(map_, {})));
  Apply(domains_, Numbered(0, 99));
  EXPECT_FALSE(Apply(map_, {}).held.has_value());
}

TEST_F(MirrorStoreGuardTest, GoesOnWithWhatAnEarlierSyncHeldAndMeasured) {
  Apply(map_, Numbered(0, 100));
  const MapResult held = Apply(map_, Numbered(60, 100));
  ASSERT_TRUE(held.held.has_value());
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(11, 100)).held.has_value());
  EXPECT_EQ(Lookup("k0"), "v");
}

// Those of a wrong database come with what they replace, and go with it.
TEST_F(MirrorStoreGuardTest, ATableThatWasReplacedAndComesBackIsReleased) {
  Apply(map_, Numbered(0, 100));
  ASSERT_TRUE(Apply(map_, Numbered(500, 600)).held.has_value());
  Restart();
  EXPECT_FALSE(Apply(map_, Numbered(0, 100)).held.has_value());
  EXPECT_EQ(Lookup("k500"), "NOT FOUND");
}

TEST_F(MirrorStoreGuardTest, WhatWasRemovedIsRememberedOverARestart) {
  Apply(map_, Numbered(0, 100));
  Apply(map_, Numbered(50, 100));
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(51, 100)).held.has_value());
}

// The hold begins in the transaction of the data, and with no other change.
TEST_F(MirrorStoreGuardTest, AHoldIsWrittenOnce) {
  Apply(map_, Numbered(0, 100));
  const uint64_t before = probe_.LastTransaction();
  Apply(map_, {});
  EXPECT_EQ(probe_.LastTransaction(), before + 1);
  Apply(map_, {});
  EXPECT_EQ(probe_.LastTransaction(), before + 1);
}

TEST_F(MirrorStoreGuardTest, ADamagedNoteHoldsTheMapUntilItIsAccepted) {
  Apply(map_, Numbered(0, 100));
  Apply(map_, Numbered(1, 100));
  EditNotes([](std::string* bytes) { bytes->back() ^= 1; });
  logger_.Take();
  MapResult result = Apply(map_, Numbered(2, 101));
  EXPECT_THAT(logger_.Take(), ElementsAre(AllOf(HasSubstr(map_.name),
                                                HasSubstr("is damaged"))));
  ASSERT_TRUE(result.held.has_value());
  EXPECT_EQ(result.held->removals, 1U);
  EXPECT_EQ(Lookup("k1"), "v");
  EXPECT_EQ(Lookup("k100"), "v");
  Restart();
  ASSERT_TRUE(AcceptHeld(Apply(map_, Numbered(2, 101))));
  EXPECT_FALSE(Apply(map_, Numbered(2, 101)).held.has_value());
  EXPECT_EQ(Lookup("k1"), "NOT FOUND");
  Restart();
  EXPECT_FALSE(Apply(map_, Numbered(2, 101)).held.has_value());
}

TEST_F(MirrorStoreGuardTest, GoesOnHoldingWhatAReleaseWithoutNotesHeld) {
  Apply(map_, Numbered(0, 100));
  Restart();
  ASSERT_EQ(store_->Open(), absl::OkStatus()) << "as the service does first";
  store_->Restore(map_.name,
                  {.largest = MapSize{100, clock_.Now()}, .held = true});
  EXPECT_TRUE(Apply(map_, Numbered(11, 100)).held.has_value());
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(11, 100)).held.has_value());
  EXPECT_FALSE(Apply(map_, Numbered(0, 100)).held.has_value());
  Restart();
  store_->Restore(map_.name, {.largest = std::nullopt, .held = true});
  EXPECT_FALSE(Apply(map_, Numbered(0, 89)).held.has_value())
      << "the note is newer";
}

TEST_F(MirrorStoreGuardTest, AcceptTakesWhatWasSeenAndHoldsTheRest) {
  Apply(map_, Numbered(0, 100));
  ASSERT_TRUE(AcceptHeld(Apply(map_, Numbered(80, 100))));
  const MapResult result = Apply(map_, Numbered(82, 100));
  EXPECT_EQ(result.removed, 80U);
  ASSERT_TRUE(result.accept.has_value());
  EXPECT_EQ(result.accept->removals, 80U);
  ASSERT_TRUE(result.held.has_value());
  EXPECT_EQ(result.held->removals, 2U);
  EXPECT_EQ(Lookup("k79"), "NOT FOUND");
  EXPECT_EQ(Lookup("k80"), "v");
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(82, 100)).held.has_value());
  EXPECT_EQ(Lookup("k80"), "v");
}

TEST_F(MirrorStoreGuardTest, WhatAHostMayLackIsHeldOverARestart) {
  Apply(map_, Numbered(0, 100));
  Snapshot snapshot = Snap(map_, Numbered(1, 100));
  snapshot.uncontained = true;
  ASSERT_TRUE(Apply(snapshot)[0].held.has_value());
  Restart();
  EXPECT_TRUE(Apply(map_, Numbered(1, 99)).held.has_value());
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_EQ(Lookup("k99"), "NOT FOUND");
}

TEST_F(MirrorStoreGuardTest, WhatAHostMayLackIsReleasedByOneThatHasAll) {
  Apply(map_, Numbered(0, 100));
  Snapshot snapshot = Snap(map_, Numbered(1, 100));
  snapshot.uncontained = true;
  ASSERT_TRUE(Apply(snapshot)[0].held.has_value());
  Restart();
  snapshot.uncontained = false;
  snapshot.contained = true;
  EXPECT_FALSE(Apply(snapshot)[0].held.has_value());
  EXPECT_EQ(Lookup("k0"), "NOT FOUND");
}

TEST_F(MirrorStoreGuardTest, RemovalsWaitWhileAMapIsBroken) {
  Apply(map_, Numbered(0, 100));
  Snapshot snapshot = Snap(map_, Numbered(1, 101));
  snapshot.removals_wait = true;
  const MapResult result = Apply(snapshot)[0];
  EXPECT_EQ(result.waiting_removals, 1U);
  EXPECT_EQ(result.removed, 0U);
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_EQ(Lookup("k100"), "v");
}

TEST_F(MirrorStoreGuardTest, TheGuardForgetsAMapThatIsDropped) {
  Apply(map_, Numbered(0, 100));
  ASSERT_TRUE(Apply(map_, {}).held.has_value());
  ASSERT_EQ(store_->DropAllBut({}), absl::OkStatus());
  EXPECT_FALSE(Apply(map_, {}).held.has_value());
  Restart();
  EXPECT_FALSE(Apply(map_, Numbered(0, 3)).held.has_value());
}

}  // namespace
}  // namespace postmirror
