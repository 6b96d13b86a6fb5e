#include "sync/mirror_store.h"

#include <signal.h>
#include <sys/resource.h>

#include "tests/sync/mirror_store_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::NotNull;
using ::testing::Pair;

class MirrorStoreTest : public MirrorStoreTestCase {};

TEST_F(MirrorStoreTest, BeforeTheFirstFillLookupsAreTemporary) {
  ASSERT_EQ(store_->Open(), absl::OkStatus());
  EXPECT_EQ(Lookup("a"), "TEMPORARY");
}

TEST_F(MirrorStoreTest, TheFirstSnapshotFillsTheMap) {
  const MapResult result = Apply(map_, {{"a", "1"}, {"b", "2"}, {"a", "3"}});
  EXPECT_TRUE(result.filled);
  EXPECT_EQ(result.entries, 2U);
  EXPECT_EQ(result.added, 2U);
  EXPECT_EQ(Lookup("a"), "1,3");
  EXPECT_EQ(Lookup("b"), "2");
  EXPECT_EQ(Lookup("c"), "NOT FOUND");
}

TEST_F(MirrorStoreTest, TheFirstFillOfAnEmptyTableIsNotHeld) {
  const MapResult result = Apply(map_, {});
  EXPECT_FALSE(result.held.has_value());
  EXPECT_EQ(Lookup("a"), "NOT FOUND");
}

TEST_F(MirrorStoreTest, AnUpdateAddsChangesAndRemoves) {
  Apply(map_, {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const MapResult result = Apply(map_, {{"b", "2"}, {"c", "4"}, {"d", "5"}});
  EXPECT_FALSE(result.filled);
  EXPECT_EQ(result.added, 1U);
  EXPECT_EQ(result.changed, 1U);
  EXPECT_EQ(result.removed, 1U);
  EXPECT_EQ(result.entries, 3U);
  EXPECT_EQ(Lookup("a"), "NOT FOUND");
  EXPECT_EQ(Lookup("b"), "2");
  EXPECT_EQ(Lookup("c"), "4");
  EXPECT_EQ(Lookup("d"), "5");
}

TEST_F(MirrorStoreTest, AnUnchangedResyncWritesNothing) {
  Apply(map_, Numbered(0, 100));
  const uint64_t before = probe_.LastTransaction();
  Apply(map_, Numbered(0, 100));
  Restart();
  Apply(map_, Numbered(0, 100));
  // Opening a store may make its status sub-database; an old one has it.
  EXPECT_EQ(probe_.LastTransaction(), before);
}

TEST_F(MirrorStoreTest, AllMapsOfASnapshotAreOneTransaction) {
  Apply(map_, Numbered(0, 100));
  Apply(domains_, Numbered(0, 100));
  const uint64_t before = probe_.LastTransaction();
  Snapshot snapshot;
  snapshot.maps.push_back(SnapMap(map_, Numbered(1, 110)));
  KeyValues domains = Numbered(1, 100);
  domains.emplace_back("k0", "new");
  snapshot.maps.push_back(SnapMap(domains_, domains));
  const MirroredMap mailboxes = MakeMap("/mailboxes.cf");
  snapshot.maps.push_back(SnapMap(mailboxes, Numbered(0, 9)));
  EXPECT_EQ(Apply(snapshot).size(), 3U);
  EXPECT_EQ(probe_.LastTransaction(), before + 1);
  EXPECT_EQ(Lookup("k109"), "v");
  EXPECT_EQ(probe_.Lookup(domains_.name, "k0"), "new");
  EXPECT_EQ(probe_.Lookup("/mailboxes.cf", "k8"), "v");
}

TEST_F(MirrorStoreTest, ANewDefinitionIsFilledIntoANewSubDatabase) {
  Apply(map_, {{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(probe_.Record(map_.name), "m1 first 2 0");
  Restart();
  ASSERT_EQ(store_->Open(), absl::OkStatus());
  EXPECT_EQ(Lookup("a"), "1") << "the old entries answer until it is filled";
  const MirroredMap redefined = MakeMap(map_.name, "second");
  const uint64_t before = probe_.LastTransaction();
  EXPECT_TRUE(Apply(redefined, {{"a", "x"}, {"c", "y"}}).filled);
  EXPECT_EQ(probe_.LastTransaction(), before + 1);
  EXPECT_EQ(probe_.Record(map_.name), "m2 second 2 0");
  EXPECT_EQ(Lookup("a"), "x");
  EXPECT_EQ(Lookup("b"), "NOT FOUND");
}

CollationTables::Collation MakeCollation(const char* name) {
  return std::make_shared<const StoredCollation>(
      MakeStoredCollation({.name = name, .ranges = {}, .sequences = {}}));
}

TEST_F(MirrorStoreTest, ACollationGoesWithTheLastMapThatHasIt) {
  const auto collation = MakeCollation;
  Snapshot snapshot;
  for (const MirroredMap* map : {&map_, &domains_}) {
    snapshot.maps.push_back(SnapMap(*map, {{"a", "1"}}));
    snapshot.maps.back().collation = collation("first");
  }
  Apply(snapshot);
  EXPECT_EQ(probe_.Collations(), "first ");
  snapshot.maps[0].collation = collation("second");
  Apply(snapshot);
  EXPECT_THAT(probe_.Collations(),
              AllOf(HasSubstr("first "), HasSubstr("second ")));
  snapshot.maps[1].collation = snapshot.maps[0].collation;
  Apply(snapshot);
  EXPECT_EQ(probe_.Collations(), "second ");
  EXPECT_EQ(Lookup("a"), "1");
  ASSERT_EQ(store_->DropAllBut({}), absl::OkStatus());
  EXPECT_EQ(probe_.Collations(), "");
}

TEST_F(MirrorStoreTest, DropAllButKeepsTheConfiguredMaps) {
  Apply(map_, {{"a", "1"}});
  Apply(domains_, {{"example.org", "1"}});
  logger_.Take();
  ASSERT_EQ(store_->DropAllBut({map_.name}), absl::OkStatus());
  EXPECT_EQ(Lookup("a"), "1");
  EXPECT_EQ(probe_.Lookup(domains_.name, "example.org"), "TEMPORARY");
  EXPECT_THAT(logger_.Take(),
              ElementsAre(HasSubstr("map /domains.cf: dropped")));
  const uint64_t before = probe_.LastTransaction();
  ASSERT_EQ(store_->DropAllBut({map_.name}), absl::OkStatus());
  EXPECT_EQ(probe_.LastTransaction(), before);
}

// A proxy answers from the former maps until the new ones are filled.
TEST_F(MirrorStoreTest, NothingIsDroppedBeforeEveryConfiguredMapIsFilled) {
  Apply(map_, {{"a", "1"}});
  ASSERT_EQ(store_->DropAllBut({domains_.name}), absl::OkStatus());
  EXPECT_EQ(Lookup("a"), "1");
  Apply(domains_, {{"example.org", "1"}});
  ASSERT_EQ(store_->DropAllBut({domains_.name}), absl::OkStatus());
  EXPECT_EQ(Lookup("a"), "TEMPORARY");
}

TEST_F(MirrorStoreTest, ADroppedMapIsFilledAnew) {
  Apply(map_, {{"a", "1"}});
  ASSERT_EQ(store_->DropAllBut({}), absl::OkStatus());
  EXPECT_TRUE(Apply(map_, {{"a", "2"}}).filled);
  EXPECT_EQ(probe_.Record(map_.name), "m2 first 1 0");
}

TEST_F(MirrorStoreTest, TellsTheCollationOfAMapThatHasAnotherOne) {
  EXPECT_THAT(store_->OtherCollations({{map_.name, "x"}}), IsEmpty())
      << "it is not filled";
  Snapshot snapshot = Snap(map_, {{"a", "1"}});
  snapshot.maps.push_back(SnapMap(domains_, {{"b", "2"}}));
  snapshot.maps[0].collation = MakeCollation("first");
  snapshot.maps[1].collation = MakeCollation("second");
  Apply(snapshot);
  const std::string first = snapshot.maps[0].collation->digest;
  EXPECT_THAT(store_->OtherCollations({}), IsEmpty());
  const auto others = store_->OtherCollations(
      {{map_.name, "x"},
       {domains_.name, snapshot.maps[1].collation->digest},
       {"/unknown.cf", first}});
  ASSERT_THAT(others, ElementsAre(Pair(map_.name, NotNull())));
  EXPECT_EQ(others.at(map_.name)->digest, first);
  EXPECT_EQ(others.at(map_.name)->bytes, snapshot.maps[0].collation->bytes);
}

TEST_F(MirrorStoreTest, KeepsACollationAsLongAsAMapHasIt) {
  Snapshot snapshot = Snap(map_, {{"a", "1"}});
  snapshot.maps[0].collation = MakeCollation("first");
  Apply(snapshot);
  const auto other = [&] {
    return store_->OtherCollations({{map_.name, "x"}})[map_.name];
  };
  const std::weak_ptr<const StoredCollation> first = other();
  EXPECT_EQ(other(), first.lock());
  EXPECT_NE(first.lock(), nullptr);
  snapshot.maps[0].collation = MakeCollation("second");
  Apply(snapshot);
  EXPECT_EQ(other()->name, "second");
  EXPECT_TRUE(first.expired());
}

TEST_F(MirrorStoreTest, TellsNoCollationOfAStoreThatIsNotItsOwn) {
  Apply(map_, {{"a", "1"}});
  MirrorStore other(folder_.path(), 0.5, &clock_, &logger_);
  EXPECT_THAT(other.OtherCollations({{map_.name, "x"}}), IsEmpty());
}

TEST_F(MirrorStoreTest, TwoSyncsOnOneStoreAreRefused) {
  ASSERT_EQ(store_->Open(), absl::OkStatus());
  MirrorStore other(folder_.path(), 0.5, &clock_, &logger_);
  EXPECT_EQ(other.Open().code(), absl::StatusCode::kAborted);
}

TEST_F(MirrorStoreTest, ClearStaleReadersOpensAStoreThatIsNotOpen) {
  EXPECT_EQ(store_->ClearStaleReaders().status(), absl::OkStatus());
}

// As a full disk would: no file may grow.
class FullDisk {
 public:
  FullDisk() {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit none = before_;
    none.rlim_cur = 4096;
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(MirrorStoreTest, AFailedCommitLeavesTheStoreAsItWas) {
  Apply(map_, Numbered(0, 100));
  MirroredMap map = map_;
  map.guard = GuardScope::kOff;
  {
    const FullDisk full;
    EXPECT_FALSE(store_->Apply(Snap(map, Numbered(0, 5000, "new"))).ok());
  }
  EXPECT_EQ(Lookup("k0"), "v");
  EXPECT_EQ(Apply(map, Numbered(0, 5000, "new")).added, 4900U);
  EXPECT_EQ(Lookup("k0"), "new");
}

TEST_F(MirrorStoreTest, AfterAFailedCommitTheMapCanBeAcceptedAgain) {
  Apply(map_, Numbered(0, 100));
  const KeyValues rows = {{"k0", std::string(100000, 'x')}};
  const MapResult held = Apply(map_, rows);
  ASSERT_TRUE(held.held.has_value());
  ASSERT_TRUE(AcceptHeld(held));
  {
    const FullDisk full;
    EXPECT_FALSE(store_->Apply(Snap(map_, rows)).ok());
  }
  ASSERT_TRUE(AcceptHeld(held));
  EXPECT_FALSE(Apply(map_, rows).held.has_value());
}

TEST_F(MirrorStoreTest, KnowsTheEntriesOfItsMaps) {
  using Entries = std::map<std::string, uint64_t>;
  EXPECT_EQ(store_->Entries(), Entries());
  Apply(map_, Numbered(0, 7));
  Apply(domains_, Numbered(0, 3));
  EXPECT_EQ(store_->Entries(), (Entries{{map_.name, 7}, {domains_.name, 3}}));
  Apply(map_, Numbered(1, 9));
  EXPECT_EQ(store_->Entries(), (Entries{{map_.name, 8}, {domains_.name, 3}}));
  Restart();
  ASSERT_EQ(store_->Open(), absl::OkStatus());
  EXPECT_EQ(store_->Entries(), (Entries{{map_.name, 8}, {domains_.name, 3}}));
  ASSERT_EQ(store_->DropAllBut({map_.name}), absl::OkStatus());
  EXPECT_EQ(store_->Entries(), (Entries{{map_.name, 8}}));
}

}  // namespace
}  // namespace postmirror
