#include "sync/mariadb/table_shape.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "tests/sync/await.h"
#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

constexpr char kOdd[] =
    "CREATE OR REPLACE TABLE odd (id INT PRIMARY KEY, old VARCHAR(50) CHARACTER"
    " SET latin1, bytes VARBINARY(50), alone VARCHAR(50), behind VARCHAR(50), "
    "words TEXT, made VARCHAR(50) AS (CONCAT(alone, '@x')) VIRTUAL, kept "
    "VARCHAR(50) AS (CONCAT(alone, '@y')) STORED, KEY (old), KEY (bytes), "
    "KEY pair (id, behind), FULLTEXT KEY (words), KEY (made), KEY (kept), "
    "KEY whole (words(20)))";

class TableShapeTest : public MariadbTestCase {
 protected:
  static void SetUpTestSuite() {
    MariadbTestCase::SetUpTestSuite();
    Run({kOdd});
  }
  static void TearDownTestSuite() { Run({"DROP TABLE odd"}); }

  static std::optional<TableShape> Read(Connection& connection,
                                        const std::string& table) {
    const auto shape = ReadTableShape(connection, {kDatabase, table});
    EXPECT_TRUE(shape.ok()) << shape.status();
    return shape.ok() ? *shape : std::nullopt;
  }

  // The test fails where there is none.
  static TableShape ShapeOf(const std::string& table) {
    const std::optional<TableShape> shape = Read(*ConnectAsRoot(), table);
    EXPECT_TRUE(shape.has_value()) << table;
    return shape.value_or(TableShape());
  }

  static TableColumn Odd(const std::string& column) {
    const TableShape shape = ShapeOf("odd");
    const TableColumn* const found = shape.Find(column);
    EXPECT_NE(found, nullptr) << column;
    return found == nullptr ? TableColumn() : *found;
  }

  static bool Indexed(const std::string& column) {
    const auto indexed =
        IsIndexed(*ConnectAsRoot(), {kDatabase, "odd"}, column);
    EXPECT_TRUE(indexed.ok()) << indexed.status();
    return indexed.value_or(false);
  }

  static bool AwaitSettled(const std::string& table) {
    return Await([&] { return ShapeOf(table).settled; });
  }
};

// The account sees no column between id and email.
TEST_F(TableShapeTest, ThePlaceCountsWhatTheAccountDoesNotSee) {
  const auto shape = Read(*ConnectAsPostmirror(), "virtual_mailboxes");
  ASSERT_TRUE(shape.has_value());
  const TableColumn* const column = shape->Find("email");
  ASSERT_NE(column, nullptr);
  EXPECT_EQ(column->place, 2U);
  EXPECT_EQ(column->data_type, "varchar");
  EXPECT_EQ(column->charset, "utf8mb4");
  EXPECT_FALSE(column->is_virtual);
}

TEST_F(TableShapeTest, WhatTheAccountDoesNotSeeIsMissing) {
  const auto account = ConnectAsPostmirror();
  const auto mailboxes = Read(*account, "virtual_mailboxes");
  ASSERT_TRUE(mailboxes.has_value());
  EXPECT_EQ(mailboxes->Find("password"), nullptr);
  EXPECT_FALSE(Read(*account, "odd").has_value());
}

TEST_F(TableShapeTest, WhatDoesNotExistIsMissing) {
  EXPECT_EQ(ShapeOf("virtual_mailboxes").Find("nothing"), nullptr);
  EXPECT_FALSE(Read(*ConnectAsRoot(), "nothing").has_value());
}

TEST_F(TableShapeTest, AColumnIsFoundWithoutTheCaseOfLetters) {
  EXPECT_NE(ShapeOf("odd").Find("ALONE"), nullptr);
}

TEST_F(TableShapeTest, CharacterSetIsTheColumnsAndBytesHaveNone) {
  EXPECT_EQ(Odd("old").charset, "latin1");
  EXPECT_EQ(Odd("bytes").charset, "");
  EXPECT_EQ(Odd("bytes").data_type, "varbinary");
}

TEST_F(TableShapeTest, OnlyAnIndexThatBeginsWithItCounts) {
  EXPECT_TRUE(Indexed("old"));
  EXPECT_FALSE(Indexed("alone"));
  EXPECT_FALSE(Indexed("behind"));
}

TEST_F(TableShapeTest, AnIndexOfWordsFindsNoKeys) {
  EXPECT_TRUE(Indexed("words"));
  Run({"ALTER TABLE odd DROP KEY whole"});
  EXPECT_FALSE(Indexed("words"));
}

TEST_F(TableShapeTest, OnlyWhatIsComputedWhenItIsReadIsVirtual) {
  EXPECT_TRUE(Odd("made").is_virtual);
  EXPECT_FALSE(Odd("kept").is_virtual);
  EXPECT_FALSE(Odd("alone").is_virtual);
}

TEST_F(TableShapeTest, AnyAlterationMakesItAnother) {
  for (const char* const alteration :
       {"ADD COLUMN first_of_all INT FIRST", "MODIFY COLUMN alone TEXT",
        "MODIFY COLUMN alone VARCHAR(60)",
        "MODIFY COLUMN alone VARCHAR(60) CHARACTER SET latin1",
        "MODIFY COLUMN alone VARCHAR(60) COLLATE utf8mb4_bin",
        "RENAME COLUMN alone TO lonely", "ADD UNIQUE KEY (alone)",
        "DROP PRIMARY KEY", "DROP COLUMN behind"}) {
    Run(
        {"CREATE OR REPLACE TABLE t (id INT PRIMARY KEY, alone VARCHAR(50),"
         " behind VARCHAR(50)) CHARACTER SET utf8mb4"});
    const TableShape before = ShapeOf("t");
    EXPECT_TRUE(before.IsSameAs(ShapeOf("t"))) << alteration;
    Run({absl::StrCat("ALTER TABLE t ", alteration)});
    EXPECT_FALSE(before.IsSameAs(ShapeOf("t"))) << alteration;
  }
  Run({"DROP TABLE t"});
}

TEST_F(TableShapeTest, ATableInThePlaceOfASettledOneIsAnother) {
  Run({"CREATE TABLE one (id INT)", "CREATE TABLE two (id INT)"});
  EXPECT_TRUE(AwaitSettled("one"));
  const TableShape one = ShapeOf("one");
  Run({"FLUSH TABLES", "INSERT INTO one VALUES (1)"});
  EXPECT_TRUE(one.IsSameAs(ShapeOf("one")));
  Run({"RENAME TABLE one TO aside, two TO one, aside TO two"});
  EXPECT_FALSE(one.IsSameAs(ShapeOf("one")));
  Run({"DROP TABLE one, two"});
}

TEST_F(TableShapeTest, ATableThatWasJustMadeIsNotSettled) {
  Run({"CREATE OR REPLACE TABLE fresh (id INT)"});
  EXPECT_FALSE(ShapeOf("fresh").settled);
  Run({"DROP TABLE fresh"});
}

// A renamed one keeps its CREATE_TIME.
TEST_F(TableShapeTest, AnotherEngineIsNeverSettled) {
  Run({"CREATE TABLE isam (id INT) ENGINE=MyISAM",
       "CREATE TABLE base (id INT)"});
  EXPECT_TRUE(AwaitSettled("base"));
  EXPECT_FALSE(ShapeOf("isam").settled);
  Run({"DROP TABLE isam, base"});
}

TEST_F(TableShapeTest, APinnedTableIsNotAlteredBeforeTheTransactionEnds) {
  const auto reader = ConnectAsPostmirror();
  ASSERT_EQ(reader->Execute("START TRANSACTION READ ONLY"), absl::OkStatus());
  const auto shape = PinTableShape(*reader, {kDatabase, "virtual_mailboxes"});
  ASSERT_TRUE(shape.ok()) << shape.status();
  ASSERT_TRUE(shape->has_value());
  EXPECT_NE((*shape)->Find("email"), nullptr);
  const auto root = ConnectAsRoot();
  ASSERT_EQ(root->Execute("SET lock_wait_timeout = 1"), absl::OkStatus());
  ASSERT_EQ(root->Use(kDatabase), absl::OkStatus());
  constexpr char kAlter[] = "ALTER TABLE virtual_mailboxes COMMENT = 'altered'";
  EXPECT_FALSE(root->Execute(kAlter).ok());
  ASSERT_EQ(reader->Execute("ROLLBACK"), absl::OkStatus());
  EXPECT_EQ(root->Execute(kAlter), absl::OkStatus());
}

TEST_F(TableShapeTest, AFailingServerIsAnError) {
  const auto connection = ConnectAsRoot();
  connection->Cancel();
  EXPECT_FALSE(ReadTableShape(*connection, {kDatabase, "odd"}).ok());
  EXPECT_FALSE(PinTableShape(*connection, {kDatabase, "odd"}).ok());
  EXPECT_FALSE(IsIndexed(*connection, {kDatabase, "odd"}, "alone").ok());
}

}  // namespace
}  // namespace postmirror
