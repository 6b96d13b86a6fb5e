#include "sync/collation_tables.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/key/contraction_candidates.h"
#include "schema/key/utf8.h"
#include "sync/collation_file.h"
#include "sync/mariadb/character_weights.h"
#include "sync/small_file.h"
#include "tests/sync/mariadb/mariadb_test_case.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

// As the account of grants.sql: what works here needs no more than its grants.
class CollationTablesTest : public MariadbTestCase {
 protected:
  void SetUp() override {
    connection_ = ConnectAsPostmirror();
    ASSERT_NE(connection_, nullptr);
  }

  std::shared_ptr<const CollationTable> Table(const std::string& name) {
    const auto collation = tables_.Get(*connection_, name);
    EXPECT_TRUE(collation.ok()) << collation.status();
    return collation.ok() ? (*collation)->table : nullptr;
  }

  // The server's weight of each text, in `charset` and hexadecimal.
  std::vector<std::string> WeightsOf(const std::vector<std::string>& texts,
                                     const std::string& name) {
    const std::string charset = name.substr(0, name.find('_'));
    constexpr size_t kTextsPerQuery = 2000;
    std::vector<std::string> weights;
    for (size_t begin = 0; begin < texts.size(); begin += kTextsPerQuery) {
      std::string sql;
      for (size_t i = begin; i < std::min(begin + kTextsPerQuery, texts.size());
           ++i) {
        absl::StrAppend(&sql, sql.empty() ? "SELECT" : " UNION ALL SELECT",
                        " HEX(WEIGHT_STRING(CONVERT(x'",
                        absl::BytesToHexString(texts[i]), "' USING ", charset,
                        ") COLLATE ", name, "))");
      }
      for (std::string& weight : Rows(*connection_, sql)) {
        weights.push_back(std::move(weight));
      }
    }
    return weights;
  }

  // Forms are equal where weights are, and nowhere else.
  void ExpectAgrees(const std::vector<std::string>& texts,
                    const std::string& name) {
    const auto table = Table(name);
    ASSERT_NE(table, nullptr);
    const std::vector<std::string> weights = WeightsOf(texts, name);
    ASSERT_EQ(weights.size(), texts.size());
    std::map<std::string, size_t> by_weight, by_form;
    size_t differences = 0;
    for (size_t i = 0; i < texts.size(); ++i) {
      std::string form;
      ASSERT_TRUE(table->Apply(texts[i], &form)) << texts[i];
      const size_t weight = by_weight.try_emplace(weights[i], i).first->second;
      const size_t same = by_form.try_emplace(form, i).first->second;
      if (weight == same || ++differences > 20) continue;
      ADD_FAILURE() << name << ": " << absl::BytesToHexString(texts[i])
                    << " is equal to " << absl::BytesToHexString(texts[weight])
                    << " but is taken " << absl::BytesToHexString(texts[same])
                    << " for equal";
    }
    EXPECT_EQ(differences, 0u);
  }

  CollationTables tables_;
  std::unique_ptr<Connection> connection_;
};

// Two candidates, one behind the other.
std::vector<std::string> PairsOf(const std::vector<std::string>& candidates,
                                 size_t count) {
  std::mt19937 random(1);
  std::uniform_int_distribution<size_t> any(0, candidates.size() - 1);
  std::vector<std::string> texts;
  while (texts.size() < count) {
    texts.push_back(candidates[any(random)] + candidates[any(random)]);
  }
  return texts;
}

// Two candidates that share the character at which they meet: where both are
// contractions, the first is taken.
std::vector<std::string> OverlapsOf(
    const std::vector<std::string>& candidates) {
  std::multimap<char32_t, std::string> rests;
  for (const std::string& text : candidates) {
    size_t i = 0;
    const char32_t head = NextCharacter(text, &i).value_or(0);
    rests.emplace(head, text.substr(i));
  }
  std::vector<std::string> texts;
  for (const std::string& text : candidates) {
    char32_t last = 0;
    for (size_t i = 0; i < text.size();) {
      last = NextCharacter(text, &i).value_or(0);
    }
    const auto [begin, end] = rests.equal_range(last);
    for (auto rest = begin; rest != end; ++rest) {
      texts.push_back(text + rest->second);
    }
  }
  return texts;
}

TEST_F(CollationTablesTest, ContractionsAreComparedAsTheServerDoes) {
  const std::vector<std::string> candidates = ContractionCandidates();
  for (const char* name : {"utf8mb4_uca1400_ai_ci", "utf8mb4_unicode_520_ci"}) {
    ExpectAgrees(candidates, name);
    ExpectAgrees(PairsOf(candidates, 4000), name);
    ExpectAgrees(OverlapsOf(candidates), name);
  }
}

TEST_F(CollationTablesTest, WhatCannotBeReproducedIsRefusedByName) {
  for (const char* name :
       {"utf8mb4_swedish_ci", "utf8mb4_uca1400_as_ci", "utf8mb4_uca1400_ai_cs",
        "utf8mb4_uca1400_german2_ai_ci", "utf8mb4_uca1400_nopad_as_cs",
        "utf8mb4_german2_ci", "latin1_german2_ci", "latin1_danish_ci",
        "utf8mb3_croatian_mysql561_ci", "koi8r_general_ci", "ucs2_general_ci",
        "utf8mb4_thai_520_w2", "nonsense", ""}) {
    const auto status = tables_.Get(*connection_, name).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << name;
    EXPECT_THAT(std::string(status.message()), HasSubstr(name));
  }
}

TEST_F(CollationTablesTest, WhatCanBeReproducedIsNot) {
  for (const char* name : {"utf8mb4_general_nopad_ci", "utf8mb3_uca1400_ai_ci",
                           "latin1_german1_ci"}) {
    const auto collation = tables_.Get(*connection_, name);
    ASSERT_TRUE(collation.ok()) << collation.status();
    EXPECT_EQ((*collation)->name, name);
    EXPECT_TRUE((*collation)->table->exact());
    EXPECT_TRUE((*collation)->table->keeps_folded_ascii()) << name;
    EXPECT_EQ((*collation)->table->pads(), !absl::StrContains(name, "nopad"));
    // What is stored can be read.
    EXPECT_TRUE(
        ReadStoredCollation((*collation)->bytes, (*collation)->digest).ok());
  }
}

TEST_F(CollationTablesTest, BytesNeedNoServer) {
  connection_->Cancel();
  const auto collation = tables_.Get(*connection_, "binary");
  ASSERT_TRUE(collation.ok()) << collation.status();
  EXPECT_EQ((*collation)->name, "binary");
  EXPECT_FALSE((*collation)->table->pads());
  std::string form;
  EXPECT_TRUE((*collation)->table->Apply("A\xFF ", &form));
  EXPECT_EQ(form, "A\xFF ");
}

TEST_F(CollationTablesTest, AServerIsAskedOnce) {
  const auto first = tables_.Get(*connection_, "latin1_swedish_ci");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto other = ConnectAsPostmirror();
  connection_->Cancel();
  const auto again = tables_.Get(*connection_, "latin1_swedish_ci");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(*again, *first);
  EXPECT_EQ(*tables_.Get(*other, "latin1_swedish_ci"), *first);
}

TEST_F(CollationTablesTest, AnotherProcessDoesNotAskAgain) {
  const TemporaryFolder folder;
  CollationTables first(folder.path());
  const auto asked = first.Get(*connection_, "latin1_bin");
  ASSERT_TRUE(asked.ok()) << asked.status();
  connection_->Cancel();
  CollationTables next(folder.path());
  const auto kept = next.Get(*connection_, "latin1_bin");
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_EQ((*kept)->digest, (*asked)->digest);
}

TEST_F(CollationTablesTest, WhatIsDamagedOnDiskIsAskedAgainAndMended) {
  const TemporaryFolder folder;
  const std::string path =
      CollationFilePath(folder.path(), "latin1_bin", connection_->version());
  ASSERT_EQ(ReplaceFile(path, "what is this"), absl::OkStatus());
  CollationTables tables(folder.path());
  const auto asked = tables.Get(*connection_, "latin1_bin");
  ASSERT_TRUE(asked.ok()) << asked.status();
  EXPECT_TRUE(
      ReadCollationFile(folder.path(), "latin1_bin", connection_->version())
          .ok());
}

TEST_F(CollationTablesTest, AFolderThatCannotBeWrittenIsNoFault) {
  const TemporaryFolder folder;
  CollationTables tables(folder.File("none"));
  EXPECT_TRUE(tables.Get(*connection_, "latin1_bin").ok());
}

// They are what the server's weights would have made of them.
TEST_F(CollationTablesTest, NumbersOfCharactersNeedNoServer) {
  for (const char* name : {"utf8mb4_bin", "utf8mb4_nopad_bin"}) {
    const auto weights =
        ReadCharacterWeights(*ConnectAsPostmirror(), "utf8mb4", name);
    ASSERT_TRUE(weights.ok()) << weights.status();
    const auto closed = ConnectAsPostmirror();
    closed->Cancel();
    const auto collation = tables_.Get(*closed, name);
    ASSERT_TRUE(collation.ok()) << collation.status();
    EXPECT_EQ((*collation)->bytes,
              EncodeCollationRules(BuildCollationRules(
                  name, !absl::StrContains(name, "nopad"), *weights, {})));
  }
}

TEST_F(CollationTablesTest, AFaultIsNotKept) {
  const auto other = ConnectAsPostmirror();
  connection_->Cancel();
  EXPECT_EQ(tables_.Get(*connection_, "latin1_bin").status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_TRUE(tables_.Get(*other, "latin1_bin").ok());
}

TEST_F(CollationTablesTest, AsciiCiIsMadeOnce) {
  const CollationTables::Collation collation = tables_.AsciiCi();
  EXPECT_EQ(collation->name, "ascii_ci");
  EXPECT_FALSE(collation->table->exact());
  EXPECT_EQ(tables_.AsciiCi(), collation);
}

}  // namespace
}  // namespace postmirror
