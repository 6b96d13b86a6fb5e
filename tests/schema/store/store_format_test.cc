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
std::string Zero() { return std::string(1, '\0'); }

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
    map.collation = {.name = "utf8mb4_example_ci",
                     .ranges = {{U'A', U'A', "a"},
                                {0xAD, 0xAD, ""},
                                {0xC4, 0xC6, "a"},
                                {0xE4, 0xE6, "a"},
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
      absl::StrCat(Number(1), Number(2), "m1", Number('\xc3'), kDefinition,
                   Number(0), Number(18), "utf8mb4_example_ci", Number(16),
                   "ffa2205588400d91", Number(1), Number(3), Number(0));
  EXPECT_EQ(record.size(), 0x12fu);
  const std::string collation =
      absl::StrCat("\x05\x12utf8mb4_example_ci\x05", "A", Zero(), "\x02", "a",
                   "k", Zero(), "\x01", "\x16\x02\x02", "a", "\x1d\x02\x02",
                   "a", "\x99\xfe\x03\xff\xff\x3f", Zero(),
                   "\x01\x04\xd0\x98\xcc\x86\x02\xd0\xb9");
  EXPECT_EQ(Dump("status"),
            absl::StrCat("collation/ffa2205588400d91 ", collation, "\n",
                         "last_sub_database 1\n",
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
  EXPECT_EQ(LookUp(&view, 0,
                   "INF\xC2\xAD"
                   "O@ex\xC3\x84mple.org"),
            "john@example.org,jane@example.org,kerstin@example.org");
  EXPECT_EQ(LookUp(&view, 0, "info@\xF0\x9F\x98\x80"), "NOTFOUND");
  view.End();
}

}  // namespace
}  // namespace postmirror
