// Reads of what a change signal names: some keys of a map, or all of it.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/key_hints.h"
#include "sync/snapshot.h"
#include "tests/sync/snapshot_test_case.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class NamedReadTest : public SnapshotTestCase {
 protected:
  void Connect() {
    ASSERT_EQ(SnapshotTestCase::Connect(), absl::OkStatus());
    ASSERT_EQ(FindKeyHints(absl::MakeSpan(readers_)), absl::OkStatus());
  }

  absl::StatusOr<Snapshot> TryRead(const ReadScope& scope) {
    return ReadNamed(absl::MakeSpan(readers_), [&] { return scope; });
  }

  Snapshot Read(const std::vector<MapScope>& maps) {
    absl::StatusOr<Snapshot> snapshot =
        TryRead({.everything = false, .maps = maps});
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? *std::move(snapshot) : Snapshot();
  }

  static MapScope Keys(const std::set<std::string>& values) {
    return {.whole = false, .values = values};
  }
  static MapScope Whole() { return {.whole = true, .values = {}}; }

  // How the only map's keys are named: "utf8 2", "none".
  std::string Hints() {
    Connect();
    const std::optional<KeyHints>& hints = readers_[0].maps[0].hints;
    if (!hints.has_value()) return "none";
    const char* const text = hints->text == HintText::kUtf8    ? "utf8"
                             : hints->text == HintText::kAscii ? "ascii"
                                                               : "bytes";
    return absl::StrCat(text, " ", hints->column);
  }
};

TEST_F(NamedReadTest, TheGuidesMapsNameTheirKeysWithTheLeastGrants) {
  ServeDomains();
  ServeMailboxes();
  ServeAliases();
  Connect();
  for (const PreparedMap& map : readers_[0].maps) {
    ASSERT_TRUE(map.hints.has_value());
    EXPECT_EQ(map.hints->text, HintText::kUtf8);
  }
  EXPECT_EQ(readers_[0].maps[1].hints->column, 2U);  // virtual_mailboxes.email
}

TEST_F(NamedReadTest, ReadsTheNamedKeysOfTheNamedMapsAndNothingElse) {
  ServeDomains();
  const std::string aliases = ServeAliases();
  Connect();
  const Snapshot snapshot =
      Read({{}, Keys({"CONTACT@example.org", "nobody@example.org"})});
  ASSERT_THAT(snapshot.maps, SizeIs(1));
  EXPECT_EQ(snapshot.maps[0].map->name, aliases);
  EXPECT_THAT(Entries(snapshot.maps[0]),
              ElementsAre("contact@example.org =info@example.org"));
  EXPECT_THAT(*snapshot.maps[0].keys,
              ElementsAre("contact@example.org", "nobody@example.org"));
  EXPECT_FALSE(snapshot.is_whole);
}

TEST_F(NamedReadTest, ReadsAllOfAMapThatIsNamedWhole) {
  ServeDomains();
  ServeAliases();
  Connect();
  const Snapshot snapshot = Read({Whole(), {}});
  ASSERT_THAT(snapshot.maps, SizeIs(1));
  EXPECT_FALSE(snapshot.maps[0].keys.has_value());
  EXPECT_THAT(Entries(snapshot.maps[0]), SizeIs(2));
}

TEST_F(NamedReadTest, MoreKeysThanFitIntoOneSelectAreReadInSeveral) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50),"
       " KEY (k))",
       "INSERT INTO t SELECT seq, CONCAT('k', seq), seq FROM seq_1_to_3000"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  Connect();
  std::set<std::string> values;
  for (int i = 1; i <= 1234; ++i) values.insert(absl::StrCat("k", i));
  EXPECT_THAT(Entries(Read({Keys(values)}).maps[0]), SizeIs(1234));
}

// In different SELECTs, each would find the rows of the key.
TEST_F(NamedReadTest, SeveralSpellingsOfAKeyReadItsRowsOnce) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50),"
       " KEY (k))",
       "INSERT INTO t SELECT seq, CONCAT('k', seq), 'v' FROM seq_1_to_600"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  Connect();
  std::set<std::string> values;
  for (int i = 1; i <= 600; ++i) {
    values.insert(absl::StrCat("k", i));
    values.insert(absl::StrCat("K", i));
  }
  const Snapshot snapshot = Read({Keys(values)});
  EXPECT_EQ(snapshot.maps[0].rows.size(), 600U);
  EXPECT_THAT(*snapshot.maps[0].keys, SizeIs(600));
}

TEST_F(NamedReadTest, QuotesAndBackslashesInKeysAreKept) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50),"
       " KEY (k))",
       R"(INSERT INTO t VALUES (1, 'a''b', 'x'), (2, 'c\\d', 'y'))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  Connect();
  EXPECT_THAT(Entries(Read({Keys({"a'b", "c\\d"})}).maps[0]),
              ElementsAre("a'b =x", "c\\d =y"));
}

TEST_F(NamedReadTest, BytesAreComparedAsBytes) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARBINARY(50), v VARCHAR(50),"
       " KEY (k))",
       "INSERT INTO t VALUES (1, 'a', 'x'), (2, 'A', 'y')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  Connect();
  EXPECT_THAT(Entries(Read({Keys({"A"})}).maps[0]), ElementsAre("A =y"));
}

// No entry of its own tells such a key from others.
TEST_F(NamedReadTest, AKeyThatNoEntryCanHoldMakesItAReadOfTheWholeMap) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(700), v VARCHAR(50),"
       " KEY (k))",
       "INSERT INTO t VALUES (1, 'a', 'x'), (2, REPEAT('b', 600), 'y')"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  Connect();
  const Snapshot snapshot = Read({Keys({std::string(600, 'b')})});
  EXPECT_FALSE(snapshot.maps[0].keys.has_value());
  EXPECT_THAT(Entries(snapshot.maps[0]), ElementsAre("a =x"));
  EXPECT_EQ(snapshot.maps[0].unstorable_rows, 1U);
}

TEST_F(NamedReadTest, EverythingIsNotReadThisWay) {
  ServeDomains();
  Connect();
  EXPECT_TRUE(absl::IsAborted(TryRead(ReadScope::Everything()).status()));
}

TEST_F(NamedReadTest, NoTransactionIsLeftOpen) {
  ServeAliases();
  Connect();
  Read({Keys({"contact@example.org"})});
  Run({"SET lock_wait_timeout = 2",
       "ALTER TABLE virtual_aliases ADD COLUMN another INT"});
  EXPECT_THAT(Entries(Read({Keys({"nobody@example.org"})}).maps[0]), IsEmpty());
}

TEST_F(NamedReadTest, KeysOfAJoinAreNotNamed) {
  Serve(
      "SELECT a.destination FROM virtual_aliases a, virtual_domains d"
      " WHERE a.source='%s' AND a.domain_id = d.id",
      AsRoot());
  EXPECT_EQ(Hints(), "none");
}

TEST_F(NamedReadTest, KeysOfAViewAreNotNamed) {
  Run({"CREATE VIEW shown AS SELECT source, destination FROM virtual_aliases"});
  Serve("SELECT destination FROM shown WHERE source='%s'", AsRoot());
  EXPECT_EQ(Hints(), "none");
}

TEST_F(NamedReadTest, KeysWithoutAnIndexAreNotNamed) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50),"
       " KEY (v, k))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_EQ(Hints(), "none");
}

TEST_F(NamedReadTest, KeysOfOtherTypesAreNotNamed) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k BINARY(50), v VARCHAR(50),"
       " KEY (k))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_EQ(Hints(), "none");
}

TEST_F(NamedReadTest, KeysOfAnEnumerationAreNotNamed) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, k ENUM('a', 'b'), v VARCHAR(50),"
       " KEY (k))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_EQ(Hints(), "none");
}

TEST_F(NamedReadTest, KeysOfBytesAreNamedAsBytes) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50), k VARBINARY(50),"
       " KEY (k))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_EQ(Hints(), "bytes 2");
}

TEST_F(NamedReadTest, KeysThatAreComputedWhenTheyAreReadAreNotNamed) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50),"
       " k VARCHAR(50) AS (CONCAT(v, '@x')) VIRTUAL, KEY (k))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_EQ(Hints(), "none");
}

TEST_F(NamedReadTest, KeysOfLatin1AreNamedAsFarAsTheyAreAscii) {
  Run(
      {"CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(50), k VARCHAR(50)"
       " CHARACTER SET latin1, KEY (k))"});
  Serve("SELECT v FROM t WHERE k='%s'", AsRoot());
  EXPECT_EQ(Hints(), "ascii 2");
}

TEST_F(NamedReadTest, KeysThatAreComparedOtherwiseAreNotNamed) {
  Settings settings = AsRoot();
  settings["mirror_collation"] = "ascii_ci";
  Serve("SELECT destination FROM virtual_aliases WHERE source='%s'", settings);
  EXPECT_EQ(Hints(), "none");
}

}  // namespace
}  // namespace postmirror
