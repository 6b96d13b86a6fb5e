#include "sync/mariadb/key_column.h"

#include <gmock/gmock.h>

#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

constexpr char kTables[] =
    "CREATE TABLE odd (id INT PRIMARY KEY, old VARCHAR(50) CHARACTER SET "
    "latin1, bytes VARBINARY(50), alone VARCHAR(50), behind VARCHAR(50), "
    "words TEXT, made VARCHAR(50) AS (CONCAT(alone, '@x')) VIRTUAL, kept "
    "VARCHAR(50) AS (CONCAT(alone, '@y')) STORED, KEY (old), KEY (bytes), "
    "KEY pair (id, behind), FULLTEXT KEY (words), KEY (made), KEY (kept), "
    "KEY whole (words(20)))";

class KeyColumnTest : public MariadbTestCase {
 protected:
  static void SetUpTestSuite() {
    MariadbTestCase::SetUpTestSuite();
    Run({kTables});
  }
  static void TearDownTestSuite() { Run({"DROP TABLE odd"}); }

  static std::optional<KeyColumn> Read(Connection& connection,
                                       const std::string& table,
                                       const std::string& column) {
    const auto read = ReadKeyColumn(connection, {kDatabase, table}, column);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *read : std::nullopt;
  }

  // The test fails where there is none.
  static KeyColumn Odd(const std::string& column) {
    const std::optional<KeyColumn> read = Read(*ConnectAsRoot(), "odd", column);
    EXPECT_TRUE(read.has_value()) << column;
    return read.value_or(KeyColumn());
  }
};

// The account sees no column between id and email.
TEST_F(KeyColumnTest, ThePlaceCountsWhatTheAccountDoesNotSee) {
  const auto column =
      Read(*ConnectAsPostmirror(), "virtual_mailboxes", "email");
  ASSERT_TRUE(column.has_value());
  EXPECT_EQ(column->index, 2U);
  EXPECT_EQ(column->data_type, "varchar");
  EXPECT_EQ(column->charset, "utf8mb4");
  EXPECT_TRUE(column->indexed);
  EXPECT_FALSE(column->is_virtual);
}

TEST_F(KeyColumnTest, AColumnThatTheAccountDoesNotSeeIsMissing) {
  const auto account = ConnectAsPostmirror();
  EXPECT_FALSE(Read(*account, "virtual_mailboxes", "password").has_value());
  EXPECT_FALSE(Read(*account, "odd", "alone").has_value());
}

TEST_F(KeyColumnTest, WhatDoesNotExistIsMissing) {
  const auto root = ConnectAsRoot();
  EXPECT_FALSE(Read(*root, "virtual_mailboxes", "nothing").has_value());
  EXPECT_FALSE(Read(*root, "nothing", "email").has_value());
}

TEST_F(KeyColumnTest, CharacterSetIsTheColumnsAndBytesHaveNone) {
  EXPECT_EQ(Odd("old").charset, "latin1");
  EXPECT_EQ(Odd("bytes").charset, "");
  EXPECT_EQ(Odd("bytes").data_type, "varbinary");
}

TEST_F(KeyColumnTest, OnlyAnIndexThatBeginsWithItCounts) {
  EXPECT_TRUE(Odd("old").indexed);
  EXPECT_FALSE(Odd("alone").indexed);
  EXPECT_FALSE(Odd("behind").indexed);
}

TEST_F(KeyColumnTest, AnIndexOfWordsFindsNoKeys) {
  EXPECT_TRUE(Odd("words").indexed);
  Run({"ALTER TABLE odd DROP KEY whole"});
  EXPECT_FALSE(Odd("words").indexed);
}

TEST_F(KeyColumnTest, OnlyWhatIsComputedWhenItIsReadIsVirtual) {
  EXPECT_TRUE(Odd("made").is_virtual);
  EXPECT_FALSE(Odd("kept").is_virtual);
  EXPECT_FALSE(Odd("alone").is_virtual);
}

TEST_F(KeyColumnTest, AFailingServerIsAnError) {
  const auto connection = ConnectAsRoot();
  connection->Cancel();
  EXPECT_FALSE(
      ReadKeyColumn(*connection, {kDatabase, "odd"}, "alone").status().ok());
}

}  // namespace
}  // namespace postmirror
