// Derived mirror queries, held against the queries that they stand for: for
// each key, the entry is what the server answers to the query itself.
#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "schema/key/normalization.h"
#include "sync/entry_walk.h"
#include "sync/snapshot.h"
#include "tests/sync/mirror_test_case.h"

namespace postmirror {
namespace {

using Answers = std::map<std::string, std::string>;

constexpr absl::string_view kKeys[] = {"a@x", "b@x", "cc@x", "d", "@x", "x@x"};
constexpr int kRows = 400;

class DerivedQueryTest : public MirrorTestCase {
 protected:
  void SetUp() override {
    MirrorTestCase::SetUp();
    constexpr char kTable[] =
        "CREATE TABLE a (id INT PRIMARY KEY, k VARCHAR(50), v VARCHAR(50),"
        " n DECIMAL(4,2), prio INT) COLLATE utf8mb4_general_ci";
    Run({kTable, "CREATE TABLE b LIKE a", "CREATE TABLE c LIKE a",
         absl::StrCat("INSERT INTO a VALUES ", Rows()),
         absl::StrCat("INSERT INTO b VALUES ", Rows()),
         absl::StrCat("INSERT INTO c VALUES ", Rows())});
  }

  // What the store would hold. Serves the query.
  Answers Mirrored(const std::string& query) {
    Serve(query, AsRoot());
    const MirrorPlan plan = MakePlan(MakeConfig());
    absl::StatusOr<ServerReaders> connected =
        ConnectReaders(plan.servers[0], plan.servers[0].hosts[0],
                       absl::Seconds(5), absl::Seconds(10));
    EXPECT_TRUE(connected.ok()) << connected.status();
    std::vector<GroupReader>& readers = connected->readers;
    EXPECT_EQ(PrepareReaders(absl::MakeSpan(readers), &collations_),
              absl::OkStatus());
    EXPECT_TRUE(FindFaults(readers, {}).empty());
    absl::StatusOr<Snapshot> snapshot = ReadSnapshot(
        absl::MakeSpan(readers), [] { return ReadScope::Everything(); });
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    Answers answers;
    if (!snapshot.ok()) return answers;
    EntryWalk walk(snapshot->maps.back().rows, EntryRules());
    while (walk.Next()) {
      // Postfix asks for no empty key.
      if (walk.key() == kEmptyKeyForm) continue;
      answers[std::string(walk.key())] = std::string(walk.entry().substr(1));
    }
    return answers;
  }

  // The query itself, asked for each key.
  static Answers Asked(const std::string& query) {
    const std::unique_ptr<Connection> connection = ConnectAsRoot();
    Answers answers;
    for (absl::string_view key : kKeys) {
      std::vector<std::string> values;
      const absl::Status status = connection->Query(
          absl::StrReplaceAll(query, {{"%s", key}}),
          Connection::Columns::AtLeast(1), [&](Connection::Row row) {
            for (const std::optional<absl::string_view>& value : row) {
              if (!value.value_or("").empty()) values.emplace_back(*value);
            }
            return absl::OkStatus();
          });
      EXPECT_EQ(status, absl::OkStatus());
      if (!values.empty())
        answers[std::string(key)] = absl::StrJoin(values, ",");
    }
    return answers;
  }

  // The order of rows, and which one of equal values stays, is not specified.
  static Answers Unordered(Answers answers) {
    for (auto& [key, value] : answers) {
      std::vector<std::string> values =
          absl::StrSplit(absl::AsciiStrToLower(value), ',');
      for (std::string& each : values)
        absl::StripTrailingAsciiWhitespace(&each);
      std::sort(values.begin(), values.end());
      value = absl::StrJoin(values, ",");
    }
    return answers;
  }

 private:
  // The keys above in these and other spellings, and rows that have none.
  std::string Rows() {
    const std::vector<std::string> keys = {
        "'a@x'", "'A@X'", "'a@x  '", "'b@x'", "'B@x '", "'cc@x'", "'Cc@X'",
        "'d'",   "'@x'",  "'@X'",    "NULL",  "''",     "'x@x'"};
    const std::vector<std::string> values = {
        "NULL", "''", "'v'", "'V'", "'v '", "'w@x'", "'w@X'", "'1'", "'1.00'"};
    const auto pick = [this](const std::vector<std::string>& from) {
      return from[random_() % from.size()];
    };
    std::vector<std::string> rows;
    rows.reserve(kRows);
    for (int id = 0; id < kRows; ++id) {
      rows.push_back(absl::StrCat("(", id, ", ", pick(keys), ", ", pick(values),
                                  ", ", pick({"NULL", "0", "1", "2.5"}), ", ",
                                  random_() % 9, ")"));
    }
    return absl::StrJoin(rows, ", ");
  }

  std::mt19937 random_{20251125};
};

TEST_F(DerivedQueryTest, UnionsAreWhatTheyAreForEachKey) {
  for (const char* query :
       {"SELECT v FROM a WHERE k='%s' UNION SELECT v FROM b WHERE k='%s'",
        "SELECT v FROM a WHERE k='%s' UNION ALL SELECT v FROM b WHERE k='%s'",
        "SELECT v FROM a WHERE k='%s' AND prio>5 UNION SELECT v FROM b WHERE "
        "k='%s' UNION ALL SELECT v FROM c WHERE k='%s' AND prio=1",
        "SELECT v FROM a WHERE k='%s' UNION ALL SELECT v FROM b WHERE k='%s' "
        "UNION SELECT v FROM c WHERE k='%s'",
        "SELECT n FROM a WHERE k='%s' UNION SELECT v FROM b WHERE k='%s'",
        "SELECT 1 FROM a WHERE k='%s' UNION SELECT n FROM b WHERE k='%s'",
        "SELECT v, n FROM a WHERE k='%s' UNION SELECT k, v FROM b WHERE k='%s'",
        "SELECT x.v FROM a x JOIN b y ON x.prio=y.id WHERE y.k='%s' UNION "
        "SELECT CONCAT(v, n) FROM c WHERE k='%s'"}) {
    const Answers asked = Unordered(Asked(query));
    EXPECT_EQ(asked.size(), std::size(kKeys)) << query;
    EXPECT_EQ(Unordered(Mirrored(query)), asked) << query;
  }
}

TEST_F(DerivedQueryTest, LimitsCountTheRowsOfEachKey) {
  constexpr char kOfAJoin[] =
      "SELECT a.id FROM a, b WHERE a.k='%s' AND b.id=a.prio ORDER BY b.id,"
      " a.id LIMIT 5";
  for (const char* query :
       {"SELECT id FROM a WHERE k='%s' LIMIT 1",
        "SELECT id FROM a WHERE k='%s' LIMIT 7",
        "SELECT id FROM a WHERE k='%s' LIMIT 18446744073709551615",
        "SELECT id, k FROM a WHERE k='%s' AND prio>3 ORDER BY prio, id LIMIT 3",
        "SELECT id FROM a WHERE k='%s' ORDER BY v DESC, id DESC LIMIT 4",
        "SELECT v AS k FROM a WHERE a.k='%s' ORDER BY id LIMIT 2", kOfAJoin}) {
    const Answers asked = Asked(query);
    EXPECT_GE(asked.size(), std::size(kKeys) - 2) << query;
    EXPECT_EQ(Mirrored(query), asked) << query;
  }
}

TEST_F(DerivedQueryTest, LimitsWithinUnionsCountTheRowsOfTheirSelect) {
  for (const char* query :
       {"(SELECT id FROM a WHERE k='%s' LIMIT 2) UNION (SELECT id FROM b WHERE "
        "k='%s' ORDER BY id DESC LIMIT 3)",
        "(SELECT id FROM a WHERE k='%s' ORDER BY prio, id LIMIT 9) UNION ALL "
        "(SELECT id FROM a WHERE k='%s' ORDER BY v, id LIMIT 9)",
        "SELECT prio FROM a WHERE k='%s' UNION (SELECT v FROM b WHERE k='%s' "
        "ORDER BY id LIMIT 2) UNION ALL SELECT 1 FROM c WHERE k='%s'"}) {
    const Answers asked = Unordered(Asked(query));
    EXPECT_EQ(asked.size(), std::size(kKeys)) << query;
    EXPECT_EQ(Unordered(Mirrored(query)), asked) << query;
  }
}

// A server whose sort looks at the first bytes only would mix the rows of two
// keys, and count each of them anew.
TEST_F(DerivedQueryTest, LimitsCountTheRowsOfLongKeys) {
  const std::string key(500, 'x');
  Run({"SET GLOBAL max_sort_length = 64",
       "CREATE TABLE t (id INT PRIMARY KEY, k VARCHAR(600) COLLATE utf8mb4_bin,"
       " v INT)",
       absl::StrCat("INSERT INTO t SELECT seq, CONCAT('", key,
                    "', seq % 3), seq FROM seq_1_to_30")});
  const Answers mirrored =
      Mirrored("SELECT v FROM t WHERE k='%s' ORDER BY v LIMIT 2");
  Run({"SET GLOBAL max_sort_length = DEFAULT"});
  EXPECT_EQ(mirrored, (Answers{{absl::StrCat(key, 0), "3,6"},
                               {absl::StrCat(key, 1), "1,4"},
                               {absl::StrCat(key, 2), "2,5"}}));
}

}  // namespace
}  // namespace postmirror
