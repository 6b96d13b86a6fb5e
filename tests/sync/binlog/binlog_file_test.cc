// The files that a real server writes, event by event into a BinlogGroupReader.
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "sync/binlog/binlog_group_reader.h"
#include "sync/binlog/byte_reader.h"
#include "sync/binlog/column_format.h"
#include "tests/support/mariadb_server.h"
#include "tests/sync/binlog/hint_text.h"

namespace postmirror {
namespace {

constexpr size_t kMagicBytes = 4;
constexpr size_t kLengthOffset = 9;

using Statements = std::vector<std::string>;

class BinlogFileTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = MariadbServer::Start(
        {"--log-bin=bin", "--binlog-format=ROW", "--log-bin-compress=0"});
    ASSERT_TRUE(started.ok()) << started.status();
    Server() = *std::move(started);
  }
  static void TearDownTestSuite() { Server().reset(); }

  void SetUp() override {
    Run({"CREATE DATABASE mail"}, "");
    Run(
        {"CREATE TABLE aliases (id INT PRIMARY KEY, source VARCHAR(100), "
         "destination LONGTEXT)",
         "CREATE TABLE other (id INT PRIMARY KEY, t LONGTEXT)"});
    Watch({{"mail", "aliases", {1}}});
  }
  void TearDown() override { Run({"DROP DATABASE mail"}, ""); }

  void Watch(std::vector<WatchedTable> tables) {
    watched_ = std::make_shared<const WatchList>(std::move(tables));
  }

  static void Run(const Statements& statements,
                  absl::string_view dbname = "mail") {
    ASSERT_EQ(Server()->Run(statements, dbname), absl::OkStatus());
  }

  static std::string Ask(absl::string_view sql) {
    const auto answer = Server()->Ask(sql, "mail");
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->value_or("") : "";
  }

  // What the groups say that matter, of the statements run in one session.
  // Parted by " | ".
  std::string HintsOf(const Statements& statements) {
    Run({"FLUSH BINARY LOGS"});
    Run(statements);
    return HintsOfFile(Ask("SHOW MASTER STATUS"));
  }

  std::string HintsOfFile(const std::string& name) {
    std::ifstream file(absl::StrCat(Server()->folder(), "/datadir/", name));
    std::ostringstream bytes;
    bytes << file.rdbuf();
    const std::string text = bytes.str();
    BinlogGroupReader reader({name, kMagicBytes});
    std::vector<std::string> hints;
    absl::string_view rest = text;
    rest.remove_prefix(kMagicBytes);
    while (!rest.empty()) {
      ByteReader in(rest);
      in.Bytes(kLengthOffset);
      const absl::string_view event = rest.substr(0, in.Number(4));
      const auto group = reader.Take(event, watched_);
      EXPECT_TRUE(group.ok()) << group.status();
      if (!group.ok()) break;
      rest.remove_prefix(event.size());
      if (group->has_value()) hints.push_back(HintOf(*group, *watched_));
    }
    EXPECT_EQ(reader.position(), (BinlogPosition{name, text.size()}));
    return absl::StrJoin(hints, " | ");
  }

  static size_t PlaceOf(absl::string_view column) {
    size_t place = 0;
    EXPECT_TRUE(absl::SimpleAtoi(
        Ask(absl::StrCat("SELECT ordinal_position - 1 FROM "
                         "information_schema.columns WHERE table_schema = "
                         "'mail' AND column_name = '",
                         column, "'")),
        &place));
    return place;
  }

  static WatchedShape ShapeOf(absl::string_view table) {
    const std::string types = Ask(absl::StrCat(
        "SELECT GROUP_CONCAT(data_type ORDER BY ordinal_position) FROM"
        " information_schema.columns WHERE table_schema = 'mail' AND"
        " table_name = '",
        table, "'"));
    WatchedShape shape;
    for (const absl::string_view type : absl::StrSplit(types, ',')) {
      shape.types.push_back(TypesOf(type));
    }
    return shape;
  }

  std::shared_ptr<const WatchList> watched_;

 private:
  static std::unique_ptr<MariadbServer>& Server() {
    static auto& server = *new std::unique_ptr<MariadbServer>();
    return server;
  }
};

TEST_F(BinlogFileTest, ChangesOfOneTableNameTheirKeys) {
  EXPECT_EQ(
      HintsOf({R"(INSERT INTO aliases VALUES (1, 'a', 'x'), (2, 'b', 'y'),
                   (3, NULL, 'z'))",
               "UPDATE aliases SET source = 'c' WHERE id = 2",
               "UPDATE aliases SET destination = 'w' WHERE id = 1",
               "REPLACE INTO aliases VALUES (1, 'd', 'x')",
               "DELETE FROM aliases", "INSERT INTO other VALUES (1, 'x')"}),
      "aliases: a b | aliases: b c | aliases: a | aliases: a d | "
      "aliases: c d");
}

TEST_F(BinlogFileTest, ColumnsOfEveryTypeMayStandBeforeTheKey) {
  Run({R"(CREATE TABLE types (
  c1 TINYINT, c2 SMALLINT, c3 MEDIUMINT, c4 INT, c5 BIGINT UNSIGNED,
  c6 FLOAT, c7 DOUBLE, c8 DECIMAL(30, 10), c9 DECIMAL(5), c10 YEAR, c11 DATE,
  c12 TIME, c13 TIME(3), c14 DATETIME, c15 DATETIME(6), c16 TIMESTAMP NULL,
  c17 TIMESTAMP(1) NULL, c18 BIT(1), c19 BIT(17), c20 ENUM('a', 'b'),
  c21 SET('a', 'b', 'c'), c22 CHAR(10), c23 CHAR(255) CHARACTER SET utf8mb4,
  c24 BINARY(20), c25 VARBINARY(300), c26 VARCHAR(50), c27 VARCHAR(400),
  c28 TINYTEXT, c29 TEXT, c30 MEDIUMTEXT, c31 LONGTEXT, c32 BLOB, c33 JSON,
  c34 POINT, c35 UUID, c36 INET6, c37 INET4, c38 VARCHAR(100) COMPRESSED,
  c39 TEXT COMPRESSED, c40 INT AS (c4 + 1) VIRTUAL, c41 INT AS (c4 + 1) STORED,
  c42 CHAR(0), c43 BOOL, k1 VARCHAR(100), c44 INT, k2 CHAR(255) CHARACTER SET utf8mb4,
  k3 TEXT, k4 LONGBLOB, k5 VARCHAR(400), k6 BINARY(3)))"});
  Watch({{"mail",
          "types",
          {PlaceOf("k1"), PlaceOf("k2"), PlaceOf("k3"), PlaceOf("k4"),
           PlaceOf("k5"), PlaceOf("k6")},
          ShapeOf("types")}});
  const std::string insert = R"(INSERT INTO types VALUES (
  -1, -2, -3, -4, 5, 1.5, 2.5, 12345.678, -99999, 2024, '2024-02-29',
  '-12:34:56', '12:34:56.789', NOW(), NOW(6), NOW(), NOW(1), b'1', b'101',
  'b', 'a,c', 'abc', REPEAT('d', 255), 'e', REPEAT('f', 300), 'g',
  REPEAT('h', 400), 'i', 'j', 'k', 'l', 'm', '{"a": 1}', POINT(1, 2), UUID(),
  '::1', '10.0.0.1', REPEAT('n', 90), REPEAT('o', 900), DEFAULT, DEFAULT, '',
  TRUE, 'k1-1', 7, 'k2-1', 'k3-1', 'k4-1', 'k5-1', 'abc'))";
  EXPECT_EQ(HintsOf({insert,
                     "INSERT INTO types (k1, k2, k6) VALUES ('1', '2', 'xyz')",
                     "UPDATE types SET k1 = 'k1-2', c44 = NULL WHERE c4 = -4",
                     "DELETE FROM types"}),
            "types: k1-1 / k2-1 / k3-1 / k4-1 / k5-1 / abc | "
            "types: 1 / 2 / / / / xyz | "
            "types: k1-1 k1-2 / k2-1 / k3-1 / k4-1 / k5-1 / abc | "
            "types: 1 k1-2 / 2 k2-1 / k3-1 / k4-1 / k5-1 / abc xyz");
}

// Their length depends on digits that the binlog does not tell.
TEST_F(BinlogFileTest, TimesInTheFormatOfOldMakeTheTableWhole) {
  Run({"SET GLOBAL mysql56_temporal_format = OFF",
       "CREATE TABLE old_times (t TIMESTAMP(6) NULL, d DATETIME(3), "
       "k VARCHAR(20))",
       "SET GLOBAL mysql56_temporal_format = ON"});
  Watch({{"mail", "old_times", {2}, ShapeOf("old_times")}});
  EXPECT_EQ(HintsOf({"INSERT INTO old_times VALUES (NOW(6), NOW(3), 'a')"}),
            "old_times: whole");
}

TEST_F(BinlogFileTest, AKeyInACompressedColumnIsNotRead) {
  Run({"CREATE TABLE packed (k VARCHAR(100) COMPRESSED)"});
  Watch({{"mail", "packed", {0}, ShapeOf("packed")}});
  EXPECT_EQ(HintsOf({"INSERT INTO packed VALUES ('a')"}), "packed: whole");
}

TEST_F(BinlogFileTest, MinimalImagesNameTheKeyWhereTheyHaveIt) {
  EXPECT_EQ(HintsOf({"SET SESSION binlog_row_image = MINIMAL",
                     "INSERT INTO aliases VALUES (1, 'a', 'x')",
                     "UPDATE aliases SET destination = 'y'",
                     "UPDATE aliases SET source = 'b'", "DELETE FROM aliases"}),
            "aliases: a | aliases: whole | aliases: whole | aliases: whole");
}

TEST_F(BinlogFileTest, CompressedEventsAreRead) {
  Run({"SET GLOBAL log_bin_compress = 1",
       "SET GLOBAL log_bin_compress_min_len = 10"});
  EXPECT_EQ(
      HintsOf({R"(INSERT INTO aliases VALUES (1, 'a', REPEAT('x', 5000)),
                   (2, 'b', 'y'))",
               "INSERT INTO other VALUES (1, REPEAT('x', 5000))",
               R"(UPDATE aliases SET source = 'c',
                   destination = REPEAT('z', 70000) WHERE id = 1)",
               "DELETE FROM aliases", "BEGIN", "SAVEPOINT a_long_savepoint",
               "INSERT INTO aliases VALUES (3, 'd', REPEAT('x', 5000))",
               "COMMIT", "CREATE TABLE t (id INT)"}),
      "aliases: a b | aliases: a c | aliases: b c | aliases: d | anything");
  Run({"SET GLOBAL log_bin_compress = 0",
       "SET GLOBAL log_bin_compress_min_len = 256"});
}

TEST_F(BinlogFileTest, AFileWithoutChecksumsIsRead) {
  Run({"SET GLOBAL binlog_checksum = NONE"});
  EXPECT_EQ(HintsOf({"INSERT INTO aliases VALUES (1, 'a', 'x')"}),
            "aliases: a");
  Run({"SET GLOBAL binlog_checksum = CRC32"});
}

TEST_F(BinlogFileTest, AClosedFileIsReadToItsRotation) {
  Run({"FLUSH BINARY LOGS"});
  const std::string name = Ask("SHOW MASTER STATUS");
  Run({"INSERT INTO aliases VALUES (1, 'a', 'x')"});
  // The last event leads into the next file, which the stream says again.
  EXPECT_EQ(HintsOfFile(name), "aliases: a");
  Run({"FLUSH BINARY LOGS"});
}

class BinlogCascadeTest : public BinlogFileTest {
 protected:
  void SetUp() override {
    BinlogFileTest::SetUp();
    Run({"CREATE TABLE domains (id INT PRIMARY KEY, name VARCHAR(50))",
         R"(CREATE TABLE users (id INT PRIMARY KEY, domain INT,
             email VARCHAR(50), FOREIGN KEY (domain) REFERENCES domains (id)
             ON DELETE CASCADE ON UPDATE CASCADE))",
         R"(CREATE TABLE tree (id INT PRIMARY KEY, parent INT,
             name VARCHAR(50), FOREIGN KEY (parent) REFERENCES tree (id)
             ON DELETE CASCADE))",
         "INSERT INTO domains VALUES (1, 'a'), (2, 'b'), (3, 'c')",
         "INSERT INTO users VALUES (1, 1, 'x@a'), (2, 2, 'y@b')",
         "INSERT INTO tree VALUES (1, NULL, 'root'), (2, 1, 'leaf')"});
    Watch({{"mail", "domains", {1}},
           {"mail", "users", {2}},
           {"mail", "tree", {2}}});
  }
};

TEST_F(BinlogCascadeTest, WhatACascadeMayTouchIsWhole) {
  EXPECT_EQ(HintsOf({"DELETE FROM domains WHERE id = 1",
                     "UPDATE domains SET id = 9 WHERE id = 2",
                     "REPLACE INTO domains VALUES (9, 'n')"}),
            "domains: whole; users: whole | domains: whole; users: whole | "
            "domains: whole; users: whole");
}

TEST_F(BinlogCascadeTest, ACascadeInTheSameTableMakesItWhole) {
  EXPECT_EQ(HintsOf({"DELETE FROM tree WHERE id = 1"}), "tree: whole");
}

TEST_F(BinlogCascadeTest, WhereNothingCascadesKeysAreNamed) {
  EXPECT_EQ(HintsOf({"INSERT INTO domains VALUES (4, 'n')",
                     "INSERT INTO users VALUES (3, 1, 'z@a')",
                     "DELETE FROM users WHERE id = 3"}),
            "domains: n | users: z@a | users: z@a");
}

TEST_F(BinlogCascadeTest, OnlyTheChildMayBeWatched) {
  Watch({{"mail", "users", {2}}});
  EXPECT_EQ(HintsOf({"DELETE FROM domains WHERE id = 1"}), "users: whole");
}

TEST_F(BinlogFileTest, ATriggerMakesItsTablesWhole) {
  Run(
      {"CREATE TRIGGER t AFTER INSERT ON other FOR EACH ROW "
       "INSERT INTO aliases VALUES (NEW.id, 'a', 'x')"});
  EXPECT_EQ(HintsOf({"INSERT INTO other VALUES (1, 'x')"}), "aliases: whole");
}

TEST_F(BinlogFileTest, ATransactionIsOneGroup) {
  EXPECT_EQ(
      HintsOf({"BEGIN", "INSERT INTO aliases VALUES (1, 'a', 'x')",
               "SAVEPOINT s", "INSERT INTO aliases VALUES (2, 'b', 'x')",
               "ROLLBACK TO s", "INSERT INTO other VALUES (1, 'x')",
               "INSERT INTO aliases VALUES (3, 'c', 'x')", "COMMIT", "BEGIN",
               "INSERT INTO aliases VALUES (4, 'd', 'x')", "ROLLBACK"}),
      "aliases: a c");
}

TEST_F(BinlogFileTest, ARollbackWithATableThatCannotMakesTablesWhole) {
  Run({"CREATE TABLE heap (k VARCHAR(20)) ENGINE = MyISAM"});
  Watch({{"mail", "aliases", {1}}, {"mail", "heap", {0}}});
  EXPECT_EQ(HintsOf({"INSERT INTO heap VALUES ('h')", "BEGIN",
                     "INSERT INTO aliases VALUES (1, 'a', 'x')",
                     "INSERT INTO heap VALUES ('i')", "ROLLBACK"}),
            "heap: h | heap: i");
}

TEST_F(BinlogFileTest, XaSaysItsTablesAndThenAnything) {
  EXPECT_EQ(HintsOf({"XA START 'x'", "INSERT INTO aliases VALUES (1, 'a', 'x')",
                     "XA END 'x'", "XA PREPARE 'x'", "XA COMMIT 'x'",
                     "XA START 'y'", "INSERT INTO aliases VALUES (2, 'b', 'x')",
                     "XA END 'y'", "XA COMMIT 'y' ONE PHASE"}),
            "aliases: whole | anything | aliases: b");
}

TEST_F(BinlogFileTest, StatementsInTheirTextAreAnything) {
  EXPECT_EQ(HintsOf({"CREATE TABLE t AS SELECT * FROM aliases",
                     "RENAME TABLE t TO u", "TRUNCATE TABLE u", "DROP TABLE u",
                     "SET SESSION binlog_format = STATEMENT",
                     "INSERT INTO other VALUES (1, 'x')"}),
            "anything | anything | anything | anything | anything");
}

TEST_F(BinlogFileTest, LargeValuesAreSkipped) {
  EXPECT_EQ(HintsOf({"INSERT INTO other VALUES (1, REPEAT('x', 5000000))",
                     "CREATE TABLE large (t LONGTEXT, k VARCHAR(20))"}),
            "anything");
  Watch({{"mail", "large", {1}}});
  EXPECT_EQ(HintsOf({"INSERT INTO large VALUES (REPEAT('x', 5000000), 'a')",
                     "UPDATE large SET k = 'b'"}),
            "large: a | large: a b");
}

TEST_F(BinlogFileTest, AStatementOfManyRowsIsReadOverItsEvents) {
  Watch({{"mail", "aliases", {1}}, {"mail", "other", {1}}});
  EXPECT_EQ(HintsOf({"INSERT INTO aliases SELECT seq, IF(seq % 2, 'a', 'b'), "
                     "REPEAT('x', 20) FROM seq_1_to_20000"}),
            "aliases: a b");
  EXPECT_EQ(HintsOf({"INSERT INTO other SELECT seq, seq FROM "
                     "seq_1_to_60000"}),
            "other: whole");
}

TEST_F(BinlogFileTest, PartitionsAreTheirTable) {
  Run(
      {"CREATE TABLE parts (id INT, k VARCHAR(20)) PARTITION BY HASH (id) "
       "PARTITIONS 3"});
  Watch({{"mail", "parts", {1}}});
  EXPECT_EQ(HintsOf({"INSERT INTO parts VALUES (1, 'a'), (2, 'b')",
                     "UPDATE parts SET id = 3 WHERE id = 1"}),
            "parts: a b | parts: a");
}

TEST_F(BinlogFileTest, ASystemVersionedTableNamesItsKeys) {
  Run(
      {"CREATE TABLE kept (id INT PRIMARY KEY, k VARCHAR(20)) WITH SYSTEM "
       "VERSIONING"});
  Watch({{"mail", "kept", {1}}});
  EXPECT_EQ(HintsOf({"INSERT INTO kept VALUES (1, 'a')",
                     "UPDATE kept SET k = 'b'", "DELETE FROM kept"}),
            "kept: a | kept: a b | kept: b");
}

}  // namespace
}  // namespace postmirror
