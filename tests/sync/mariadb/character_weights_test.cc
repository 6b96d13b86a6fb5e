#include "sync/mariadb/character_weights.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "schema/key/contraction_candidates.h"
#include "schema/key/utf8.h"
#include "tests/sync/mariadb/mariadb_test_case.h"

namespace postmirror {
namespace {

using ::testing::StartsWith;

// As the account of grants.sql: what works here needs no more than its grants.
class CharacterWeightsTest : public MariadbTestCase {
 protected:
  void SetUp() override {
    connection_ = ConnectAsPostmirror();
    ASSERT_NE(connection_, nullptr);
  }

  // With a table of that column `k`, of which alone the account may read.
  void MakeScratch(absl::string_view type) {
    Run({absl::StrCat("CREATE TABLE scratch (secret INT, k ", type, ")"),
         "GRANT SELECT (k) ON scratch TO postmirror@'127.0.0.1'"});
  }

  void TearDown() override {
    Run({"DROP TABLE IF EXISTS scratch", "DROP VIEW IF EXISTS scratch_view"});
  }

  std::optional<std::string> KeyCollation(absl::string_view select) {
    const auto collation = ReadKeyCollation(*connection_, select);
    EXPECT_TRUE(collation.ok()) << collation.status();
    return collation.value_or("failed");
  }

  CharacterWeights Weights(absl::string_view charset,
                           absl::string_view collation) {
    auto weights = ReadCharacterWeights(*connection_, charset, collation);
    EXPECT_TRUE(weights.ok()) << weights.status();
    return weights.value_or(CharacterWeights(0x110000));
  }

  std::unique_ptr<Connection> connection_;
};

size_t CountOf(const CharacterWeights& weights) {
  return static_cast<size_t>(
      std::count_if(weights.begin(), weights.end(),
                    [](const auto& weight) { return weight.has_value(); }));
}

TEST_F(CharacterWeightsTest, KeyCollationIsThatOfTheColumn) {
  MakeScratch("VARCHAR(9) COLLATE utf8mb4_nopad_bin");
  EXPECT_EQ(KeyCollation("SELECT k, k FROM scratch"), "utf8mb4_nopad_bin");
  EXPECT_EQ(KeyCollation("SELECT s.K, 1 FROM scratch AS s WHERE s.k <> ''"),
            "utf8mb4_nopad_bin");
  EXPECT_THAT(KeyCollation("SELECT source, destination FROM virtual_aliases")
                  .value_or(""),
              StartsWith("utf8mb4_"));
}

TEST_F(CharacterWeightsTest, KeyCollationOfANewCollationIsItsFullName) {
  MakeScratch("VARCHAR(9) CHARACTER SET utf8mb4 COLLATE uca1400_ai_ci");
  EXPECT_EQ(KeyCollation("SELECT k, k FROM scratch"), "utf8mb4_uca1400_ai_ci");
}

TEST_F(CharacterWeightsTest, KeyCollationOfByteStringsIsBinary) {
  for (const char* type : {"VARBINARY(9)", "BINARY(9)", "BLOB"}) {
    MakeScratch(type);
    EXPECT_EQ(KeyCollation("SELECT k, k FROM scratch"), "binary") << type;
    Run({"DROP TABLE scratch"});
  }
}

TEST_F(CharacterWeightsTest, ANumberHasNoCollation) {
  EXPECT_EQ(KeyCollation("SELECT id, source FROM virtual_aliases"),
            std::nullopt);
  EXPECT_EQ(KeyCollation("SELECT 1.5, 'x'"), std::nullopt);
  for (const char* type : {"DATE", "INET6", "UUID"}) {
    MakeScratch(type);
    EXPECT_EQ(KeyCollation("SELECT k, k FROM scratch"), std::nullopt) << type;
    Run({"DROP TABLE scratch"});
  }
}

TEST_F(CharacterWeightsTest, KeyCollationOfAJoinIsThatOfTheColumn) {
  MakeScratch("VARCHAR(50) CHARACTER SET latin1");
  const std::string from =
      " FROM virtual_domains AS d JOIN scratch AS s ON s.k = d.name";
  EXPECT_EQ(KeyCollation("SELECT s.k, d.name" + from), "latin1_swedish_ci");
  EXPECT_THAT(KeyCollation("SELECT d.name, s.k" + from).value_or(""),
              StartsWith("utf8mb4_"));
}

TEST_F(CharacterWeightsTest, KeyCollationOfAViewIsToldWithoutItsTables) {
  Run({"CREATE TABLE scratch (k VARCHAR(9) COLLATE utf8mb4_unicode_ci)",
       "CREATE VIEW scratch_view AS SELECT k, 'x' AS v FROM scratch",
       "GRANT SELECT ON scratch_view TO postmirror@'127.0.0.1'"});
  EXPECT_EQ(KeyCollation("SELECT k, v FROM scratch_view"),
            "utf8mb4_unicode_ci");
}

TEST_F(CharacterWeightsTest, KeyCollationOfAUnionIsWhatItsPartsHaveInCommon) {
  MakeScratch("VARCHAR(9) COLLATE utf8mb4_unicode_520_ci");
  EXPECT_EQ(KeyCollation("SELECT k, 'a' FROM scratch UNION ALL SELECT k, 'b' "
                         "FROM scratch WHERE k LIKE 'x%'"),
            "utf8mb4_unicode_520_ci");
}

TEST_F(CharacterWeightsTest, KeyCollationOfColumnsOfOneName) {
  MakeScratch("VARCHAR(9) COLLATE utf8mb4_bin");
  EXPECT_EQ(KeyCollation("SELECT k, k, k AS k FROM scratch"), "utf8mb4_bin");
}

TEST_F(CharacterWeightsTest, KeyCollationOfAQueryThatEndsInAComment) {
  MakeScratch("VARCHAR(9) COLLATE utf8mb4_bin");
  EXPECT_EQ(KeyCollation("SELECT k, k FROM scratch -- all of them"),
            "utf8mb4_bin");
  EXPECT_EQ(KeyCollation("SELECT k, k FROM scratch # all of them"),
            "utf8mb4_bin");
}

TEST_F(CharacterWeightsTest, KeyCollationIsToldWithoutReadingTheTables) {
  MakeScratch("VARCHAR(9) COLLATE utf8mb4_bin");
  Run({"INSERT INTO scratch VALUES (1, 'a'), (2, 'b')"});
  const absl::Time before = absl::Now();
  EXPECT_EQ(KeyCollation("SELECT k, SLEEP(20) FROM scratch WHERE SLEEP(20) = 0 "
                         "UNION SELECT k, SLEEP(20) FROM scratch ORDER BY 1"),
            "utf8mb4_bin");
  EXPECT_LT(absl::Now() - before, absl::Seconds(20));
}

TEST_F(CharacterWeightsTest, KeyCollationOfWhatMayNotBeReadIsAnError) {
  MakeScratch("VARCHAR(9)");
  EXPECT_EQ(ReadKeyCollation(*connection_, "SELECT secret, k FROM scratch")
                .status()
                .code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(ReadKeyCollation(*connection_, "SELECT k FROM").ok());
}

TEST_F(CharacterWeightsTest, Latin1HasWeightsForItsCharactersAlone) {
  const CharacterWeights weights = Weights("latin1", "latin1_swedish_ci");
  ASSERT_EQ(weights.size(), 0x110000u);
  EXPECT_EQ(CountOf(weights), 256u);
  EXPECT_EQ(weights['a'], weights['A']);
  EXPECT_EQ(weights['a'], weights[0xE1]);  // a with acute
  EXPECT_NE(weights['a'], weights[0xE4]);  // a with diaeresis
  EXPECT_NE(weights['a'], weights['b']);
  EXPECT_TRUE(weights[0x20AC].has_value());  // the euro sign is 0x80 there
  EXPECT_FALSE(weights[0x80].has_value());
  EXPECT_FALSE(weights[0x100].has_value());
}

TEST_F(CharacterWeightsTest, Utf8mb3HasNoSupplementaryCharacters) {
  const CharacterWeights weights = Weights("utf8mb3", "utf8mb3_general_ci");
  EXPECT_EQ(CountOf(weights), 0x10000u - 0x800u);
  EXPECT_TRUE(weights[0xFFFF].has_value());
  EXPECT_FALSE(weights[0xD800].has_value());
  EXPECT_FALSE(weights[0x10000].has_value());
  EXPECT_EQ(weights['s'], weights[0xDF]);
}

TEST_F(CharacterWeightsTest, Utf8mb4HasEveryCharacter) {
  const CharacterWeights weights = Weights("utf8mb4", "utf8mb4_uca1400_ai_ci");
  EXPECT_EQ(CountOf(weights), 0x110000u - 0x800u);
  EXPECT_EQ(weights[0x200B], "");  // ignored
  EXPECT_EQ(weights[0xDF], absl::StrCat(*weights['s'], *weights['s']));
  EXPECT_NE(weights[0x1F600], weights[0x1F601]);
}

// They are asked for in blocks, and told apart in what comes back.
TEST_F(CharacterWeightsTest, AWeightIsThatOfTheCharacterAlone) {
  std::mt19937 random(11);
  for (const char* rule : {"bin", "nopad_bin", "general_ci", "unicode_ci",
                           "unicode_520_ci", "uca1400_ai_ci"}) {
    const std::string collation = absl::StrCat("utf8mb4_", rule);
    const CharacterWeights weights = Weights("utf8mb4", collation);
    EXPECT_EQ(CountOf(weights), 0x110000u - 0x800u);
    std::vector<char32_t> characters;
    characters.reserve(0x3000 + 20000);
    for (char32_t c = 0; c < 0x3000; ++c) characters.push_back(c);
    for (int i = 0; i < 20000; ++i) {
      const auto c = static_cast<char32_t>(random() % 0x110000);
      if (c < 0xD800 || c > 0xDFFF) characters.push_back(c);
    }
    std::vector<std::string> texts;
    texts.reserve(characters.size());
    for (const char32_t c : characters) texts.push_back(Utf8Of(c));
    const auto alone =
        ReadSequenceWeights(*connection_, "utf8mb4", collation, texts);
    ASSERT_TRUE(alone.ok()) << alone.status();
    for (size_t i = 0; i < texts.size(); ++i) {
      ASSERT_EQ(weights[characters[i]], (*alone)[i].second)
          << collation << " " << static_cast<uint32_t>(characters[i]);
    }
  }
}

TEST_F(CharacterWeightsTest, AnUnknownCollationIsAnError) {
  EXPECT_FALSE(
      ReadCharacterWeights(*connection_, "utf8mb4", "utf8mb4_no_ci").ok());
  EXPECT_FALSE(
      ReadSequenceWeights(*connection_, "utf8mb4", "utf8mb4_no_ci", {"ab"})
          .ok());
}

TEST_F(CharacterWeightsTest, ASequenceThatIsAContractionHasAWeightOfItsOwn) {
  const CharacterWeights weights = Weights("utf8mb4", "utf8mb4_uca1400_ai_ci");
  const auto read = ReadSequenceWeights(
      *connection_, "utf8mb4", "utf8mb4_uca1400_ai_ci", {"\u0438\u0306", "ab"});
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].first, "\u0438\u0306");
  EXPECT_EQ((*read)[0].second, weights[0x439]);
  EXPECT_NE((*read)[0].second, absl::StrCat(*weights[0x438], *weights[0x306]));
  EXPECT_EQ((*read)[1].second, absl::StrCat(*weights['a'], *weights['b']));
}

TEST_F(CharacterWeightsTest, AsManySequencesAsThereAreCandidatesAreRead) {
  const std::vector<std::string> candidates = ContractionCandidates();
  const auto read = ReadSequenceWeights(*connection_, "utf8mb4",
                                        "utf8mb4_uca1400_ai_ci", candidates);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), candidates.size());
  for (size_t i = 0; i < candidates.size(); ++i) {
    ASSERT_EQ((*read)[i].first, candidates[i]);
  }
}

}  // namespace
}  // namespace postmirror
