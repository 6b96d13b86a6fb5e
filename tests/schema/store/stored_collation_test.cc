#include "schema/store/stored_collation.h"

#include <gtest/gtest.h>

#include <string>

#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

CollationRules Rules() {
  return {.name = "sample_ci",
          .pads = false,
          .ranges = {{'A', 'A', "a"}, {0x10000, 0x10FFFF, std::nullopt}},
          .sequences = {{"l\u00B7", "L"}}};
}

TEST(StoredCollationTest, IsMadeOfItsRules) {
  const StoredCollation made = MakeStoredCollation(Rules());
  EXPECT_EQ(made.name, "sample_ci");
  EXPECT_EQ(made.bytes, EncodeCollationRules(Rules()));
  EXPECT_EQ(made.digest, DigestText(made.bytes));
  ASSERT_NE(made.table, nullptr);
  std::string form;
  EXPECT_TRUE(made.table->Apply("Al\u00B7", &form));
  EXPECT_EQ(form, "aL");
}

TEST(StoredCollationTest, IsReadAsItWasMade) {
  const StoredCollation made = MakeStoredCollation(Rules());
  const auto read = ReadStoredCollation(made.bytes, made.digest);
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_NE(*read, nullptr);
  EXPECT_FALSE((*read)->pads());
  std::string form;
  EXPECT_TRUE((*read)->Apply("Al\u00B7", &form));
  EXPECT_EQ(form, "aL");
  EXPECT_FALSE((*read)->Apply("\U0001F600", &form));
}

TEST(StoredCollationTest, BytesOfAnotherDigestAreDamage) {
  const StoredCollation made = MakeStoredCollation(Rules());
  for (size_t i = 0; i < made.bytes.size(); ++i) {
    std::string damaged = made.bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_EQ(ReadStoredCollation(damaged, made.digest).status().code(),
              absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(ReadStoredCollation("", made.digest).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadStoredCollation(made.bytes, "").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(StoredCollationTest, BytesThatAreNoRulesAreDamageWhateverTheDigest) {
  const std::string bytes = "no rules";
  EXPECT_EQ(ReadStoredCollation(bytes, DigestText(bytes)).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace postmirror
