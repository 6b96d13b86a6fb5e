// The example of schema/README.md, byte by byte: what is stored must not change
// without a new format.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "schema/store/store_scan.h"
#include "tests/schema/store/store_fixture.h"

namespace postmirror {
namespace {

constexpr char kDefinition[] =
    "dbname = mailserver\n"
    "query = SELECT source, destination FROM virtual_aliases\n"
    "result_format = %s\n"
    "expansion_limit = 3\n"
    "domain = \n"
    "smtputf8_enable = yes\n"
    "collation = utf8mb4_example_ci 0123456789abcdef\n";

// Its 8 bytes, for small ones.
std::string Number(char number) { return number + std::string(7, '\0'); }

class StoreFormatTest : public LookupFixture {
 protected:
  static constexpr char kAliases[] = "/etc/postmirror/aliases.cf";

  void SetUp() override {
    FilledMap map = {
        .name = kAliases,
        .values = {{"@example.net", "office@example.net"},
                   {"info@example.org",
                    "john@example.org,jane@example.org,kerstin@example.org"}},
        .temporary = {"list@example.org"}};
    map.record.definition = kDefinition;
    map.record.rows = 8;
    map.collation = {.name = "utf8mb4_example_ci",
                     .ranges = {{U'A', U'A', "a"},
                                {0xAD, 0xAD, ""},
                                {0xC4, 0xC6, "a"},
                                {0x10000, 0x10FFFF, std::nullopt}},
                     .sequences = {{"\xD0\x98\xCC\x86", "\xD0\xB9"}}};
    store_.Fill({map});
  }

  // "KEY ENTRY\n" of each.
  std::string Dump(const std::string& sub_database) {
    const auto environment = Environment::OpenForReading(store_.path());
    const auto scan = StoreScan::Open(environment->get(), sub_database);
    std::string text;
    while (scan.ok() && (*scan)->Next().value_or(false)) {
      absl::StrAppend(&text, (*scan)->key(), " ", (*scan)->entry(), "\n");
    }
    return text;
  }
};

TEST_F(StoreFormatTest, Entries) {
  EXPECT_EQ(Dump("m1"),
            "@example.net =office@example.net\n"
            "info@example.org "
            "=john@example.org,jane@example.org,kerstin@example.org\n"
            "list@example.org !\n");
}

TEST_F(StoreFormatTest, Records) {
  const std::string record =
      absl::StrCat(Number(1), Number(2), "m1", Number('\xac'), kDefinition,
                   Number(0), Number(18), "utf8mb4_general_ci", Number(1),
                   Number(3), Number(8), Number(0));
  EXPECT_EQ(record.size(), 0x108u);
  EXPECT_EQ(Dump("status"),
            absl::StrCat("last_sub_database 1\n",
                         "map//etc/postmirror/aliases.cf ", record, "\n"));
}

TEST_F(StoreFormatTest, Lookups) {
  ASSERT_EQ(Refresh(), "OK");
  StoreView view(&reader_, {kAliases});
  view.Begin();
  EXPECT_EQ(LookUp(&view, 0, "INFO@example.org"),
            "john@example.org,jane@example.org,kerstin@example.org");
  EXPECT_EQ(LookUp(&view, 0, "list@example.org"), "TEMP");
  EXPECT_EQ(LookUp(&view, 0, "nobody@example.org"), "NOTFOUND");
  EXPECT_EQ(LookUp(&view, 0, "j\xC3\xB6rg@example.org"), "TEMP");
  view.End();
}

}  // namespace
}  // namespace postmirror
