#include "absl/strings/str_cat.h"
#include "tests/sync/snapshot_test_case.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SnapshotCollationTest : public SnapshotTestCase {
 protected:
  // The entries of table t by the collation that the store has its map by.
  std::vector<std::string> EntriesAsStored(const std::string& stored) {
    Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
    EXPECT_EQ(Connect(), absl::OkStatus());
    absl::StatusOr<CollationTables::Collation> collation =
        collations_.Get(*readers_[0].connection, stored);
    EXPECT_EQ(collation.status(), absl::OkStatus());
    readers_[0].maps[0].stored_collation = *collation;
    const Snapshot snapshot = Read();
    EXPECT_EQ(snapshot.maps[0].by_stored->collation, *collation);
    return Entries(*snapshot.maps[0].by_stored);
  }
};

TEST_F(SnapshotCollationTest, ACollationMayIgnoreANulInAKeyAndAValueEndsAtIt) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50) COLLATE "
       "utf8mb4_unicode_ci, v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'a\\0b', 'x'), (2, 'c', 'd\\0e'),"
       " (3, 'f', '\\0g')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  const Snapshot snapshot = Read();
  EXPECT_THAT(Entries(snapshot.maps[0]), ElementsAre("ab =x", "c =d"));
  EXPECT_EQ(snapshot.maps[0].unstorable_rows, 0U);
}

TEST_F(SnapshotCollationTest, KeysAreNormalized) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'Info@Example.ORG', '1'),"
       " (2, 'info@example.org ', '2'), (3, '\xc3\x84@x', '3')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_THAT(Entries(Read().maps[0]),
              ElementsAre("a@x =3", "info@example.org =1,2"));
}

// Postfix asks in lower case: it does not find the others here either.
TEST_F(SnapshotCollationTest, ACollationThatTellsCaseKeepsSpellingsApart) {
  for (const char* type :
       {"VARCHAR(50) COLLATE utf8mb4_bin", "VARBINARY(50)"}) {
    Run({absl::StrCat("CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, k ", type,
                      ", v VARCHAR(50))"),
         "INSERT INTO t VALUES (1, 'Info@x', '1'), (2, 'info@x', '2'),"
         " (3, '\xc3\x84@x', '3'), (4, '\xc3\xa4@x', '4')"});
    if (readers_.empty()) Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
    readers_.clear();
    EXPECT_THAT(
        Entries(Read().maps[0]),
        ElementsAre("Info@x =1", "info@x =2", "\xc3\x84@x =3", "\xc3\xa4@x =4"))
        << type;
  }
}

TEST_F(SnapshotCollationTest, AKeyThatIsNoStringIsRefusedInAJoinToo) {
  Run({"CREATE TABLE t (id INT PRIMARY KEY, n INT, v VARCHAR(50))",
       "CREATE TABLE u (v VARCHAR(50))"});
  Serve("SELECT u.v FROM t JOIN u ON t.v = u.v WHERE t.n='%s'", AsRoot());
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("is no string"));
}

TEST_F(SnapshotCollationTest, AJoinComparesByTheCollationOfItsKey) {
  Run({"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_bin, v VARCHAR(50))",
       "CREATE TABLE u (v VARCHAR(50))",
       "INSERT INTO t VALUES ('foo@x', '1'), ('FOO@x', '2')",
       "INSERT INTO u VALUES ('1'), ('2')"});
  Serve("SELECT u.v FROM t JOIN u ON t.v = u.v WHERE t.k='%s'", AsRoot());
  EXPECT_THAT(Entries(Read().maps[0]), ElementsAre("FOO@x =2", "foo@x =1"));
}

TEST_F(SnapshotCollationTest, ReadsTheSameRowsByTheCollationOfTheStore) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50) COLLATE "
       "utf8mb4_general_ci, v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'info@x', '1'), (2, '\xc3\xa4@x', '2'),"
       " (3, 'a@x', '3'), (4, 'a@x', NULL), (5, NULL, '5')"});
  EXPECT_THAT(EntriesAsStored("utf8mb4_bin"),
              ElementsAre("a@x =3", "info@x =1", "\xc3\xa4@x =2"));
}

// Postfix asks in lower case.
TEST_F(SnapshotCollationTest, AKeyThatNoLookupFindsAnyMoreIsLostToTheStoreToo) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50) COLLATE "
       "utf8mb4_bin, v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'Info@x', '1'), (2, 'info@x', '2'),"
       " (3, 'Sales@x', '3'), (4, 'a@x', '4')"});
  EXPECT_THAT(EntriesAsStored("utf8mb4_general_ci"),
              ElementsAre("a@x =4", "info@x =2"));
}

TEST_F(SnapshotCollationTest, AKeyThatNoLookupFoundBeforeIsNotLost) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50) COLLATE "
       "utf8mb4_bin, v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'Info@x', '1'), (2, 'a@x', '2')"});
  EXPECT_THAT(EntriesAsStored("utf8mb4_nopad_bin"),
              ElementsAre("Info@x =1", "a@x =2"));
}

// Nobody asks for it with the space.
TEST_F(SnapshotCollationTest, AKeyWithASpaceBehindItIsLostWithoutPadding) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50) COLLATE "
       "utf8mb4_nopad_bin, v VARCHAR(50))",
       "INSERT INTO t VALUES (1, 'a@x ', '1'), (2, 'b@x', '2')"});
  EXPECT_THAT(EntriesAsStored("utf8mb4_bin"), ElementsAre("b@x =2"));
}

// latin1 has no Cyrillic, so that the store never had such keys.
TEST_F(SnapshotCollationTest, AKeyThatTheStoresCollationLacksIsNotAmongThem) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50) COLLATE "
       "utf8mb4_general_ci, v VARCHAR(50))",
       "INSERT INTO t VALUES (1, '\xd0\xb0@x', '1'), (2, 'a@x', '2')"});
  EXPECT_THAT(EntriesAsStored("latin1_swedish_ci"), ElementsAre("a@x =2"));
}

TEST_F(SnapshotCollationTest,
       AKeyColumnThatIsAlteredBeforeItIsReadGivesTheReadUp) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_general_ci,"
       " v VARCHAR(50))",
       "INSERT INTO t VALUES ('Info@x', '1')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  ASSERT_EQ(Connect(), absl::OkStatus());
  Run({"ALTER TABLE t MODIFY k VARCHAR(50) COLLATE utf8mb4_bin"});
  EXPECT_EQ(TryRead().status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(PrepareReaders(absl::MakeSpan(readers_), &collations_),
            absl::OkStatus());
  EXPECT_THAT(Entries(Read().maps[0]), ElementsAre("Info@x =1"));
}

TEST_F(SnapshotCollationTest, ACollationWithRulesOfALanguageIsRefusedByName) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_swedish_ci,"
       " v VARCHAR(50))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(),
              AllOf(HasSubstr("the key column of \"SELECT k, v FROM t\""),
                    HasSubstr("utf8mb4_swedish_ci"),
                    HasSubstr("mirror_collation = ascii_ci")));
}

TEST_F(SnapshotCollationTest, MirrorCollationTakesAnyCollation) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_swedish_ci,"
       " v VARCHAR(50))",
       "INSERT INTO t VALUES ('Info@x ', '1'), ('\xc3\x84@x', '2')"});
  Settings settings = AsRoot();
  settings["mirror_collation"] = "ascii_ci";
  Serve("SELECT v FROM t WHERE k='%s'", settings);
  EXPECT_THAT(Entries(Read().maps[0]),
              ElementsAre("info@x =1", "\xc3\xa4@x =2"));
}

TEST_F(SnapshotCollationTest,
       MirrorCollationIsRefusedWhereTheServerComparesKeys) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_swedish_ci,"
       " v VARCHAR(50))"});
  Settings settings = AsRoot();
  settings["mirror_collation"] = "ascii_ci";
  Serve("SELECT v FROM t WHERE k='%s' LIMIT 1", settings);
  EXPECT_EQ(Connect().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SnapshotCollationTest, AUnionOfTwoCollationsIsRefused) {
  Run(
      {"CREATE TABLE t (k VARCHAR(50) COLLATE utf8mb4_general_ci,"
       " v VARCHAR(50))",
       "CREATE TABLE u (k VARCHAR(50) COLLATE utf8mb4_bin, v VARCHAR(50))"});
  Serve("SELECT v FROM t WHERE k='%s' UNION SELECT v FROM u WHERE k='%s'",
        AsRoot());
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), HasSubstr("different collations"));
}

TEST_F(SnapshotCollationTest, AMirrorQueryOfTwoCollationsIsRefused) {
  Run({"CREATE TABLE t (k VARCHAR(50) CHARACTER SET latin1, v VARCHAR(50))",
       "CREATE TABLE u (k VARCHAR(50) COLLATE utf8mb4_unicode_ci,"
       " v VARCHAR(50))"});
  Settings settings = AsRoot();
  settings["mirror_query"] =
      "SELECT k, v FROM t UNION ALL (SELECT k, v FROM u)";
  Serve("SELECT v FROM t WHERE k='%s'", settings);
  const absl::Status refused = Connect();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(refused.message(), AllOf(HasSubstr("latin1_swedish_ci"),
                                       HasSubstr("utf8mb4_unicode_ci")));
}

}  // namespace
}  // namespace postmirror
