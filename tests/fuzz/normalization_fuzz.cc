// Keys: folding first changes nothing, a row that is the folded key is met by
// the key, and the collation is applied to what is folded.
#include "schema/key/key_folding.h"
#include "schema/key/normalization.h"
#include "schema/key/utf8.h"
#include "tests/fuzz/fuzz_input.h"

namespace {

using namespace postmirror;

using Table = std::shared_ptr<const CollationTable>;

// What a first byte can choose: the fallback, a _ci collation in small (with
// and without PAD), bytes.
Table MakeTable(unsigned number) {
  CollationRules rules;
  rules.pads = number % 2 == 0;
  rules.ranges = {{0, 8, ""},
                  {'A', 'A', "a"},
                  {0xA0, 0xA0, " "},
                  {0xA8, 0xA8, " \xFF\x01 \xFE"},
                  {0xE4, 0xE4, "a"},
                  {0x200B, 0x200B, ""},
                  {0x10000, 0x10FFFF, std::nullopt}};
  rules.sequences = {{"l\u00B7", "\xFF\x01l\xFE"}, {"\u0438\u0306", "\u0439"}};
  if (number == 2) rules = AsciiCiRules();
  if (number == 3) {
    rules = CollationRules();
    rules.pads = false;
    rules.bytes = true;
  }
  return std::make_shared<const CollationTable>(rules);
}

const Table& TableOf(unsigned number) {
  static const Table tables[] = {MakeTable(0), MakeTable(1), MakeTable(2),
                                 MakeTable(3)};
  return tables[number % 4];
}

void TryKind(absl::string_view key, const CollationTable& table, KeyKind kind) {
  Require(!key.empty() && key.find('\0') == absl::string_view::npos,
          "a key that can match is a C string with something in it");
  const bool uncertain = !table.exact() && !IsAscii(key);
  Require(kind == (uncertain ? KeyKind::kUncertain : KeyKind::kExact),
          "only a non-ASCII key is uncertain, where the rules are not exact");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  FuzzInput input(bytes, size);
  const uint8_t choice = input.Byte();
  const bool utf8 = choice % 2 == 0;
  const Table& table = TableOf(choice / 2);
  const Normalization normalization(utf8, table);
  const absl::string_view key = input.rest();

  std::string row;
  const bool can_match = normalization.NormalizeRow(key, &row);
  Require(!can_match || !row.empty(), "a form is not empty");
  std::string form;
  const KeyKind kind = normalization.NormalizeKey(key, &form);
  if (kind == KeyKind::kUnmatchable) return 0;
  TryKind(key, *table, kind);
  Require(!form.empty(), "a form is not empty");
  std::string folded, of_folded;
  Require(FoldKey(key, utf8, &folded), "a key that can match folds");
  Require(
      normalization.NormalizeKey(folded, &of_folded) != KeyKind::kUnmatchable,
      "a folded key can be asked for");
  Require(of_folded == form, "folding is part of normalization");
  if (!normalization.NormalizeRow(folded, &row)) {
    Require(kind == KeyKind::kUncertain, "a row can be a key that is exact");
    return 0;
  }
  Require(row == form, "a row that is the folded key is met by it");
  if (!table->pads()) return 0;
  Require(normalization.NormalizeRow(folded + "  ", &row), "spaces can follow");
  Require(row == form, "trailing spaces are ignored");
  return 0;
}
