#include "sync/mariadb/character_weights.h"

#include <algorithm>
#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

constexpr size_t kCharacters = 0x110000;
constexpr size_t kSequencesPerQuery = 500;

// All numbers of characters, as a table `numbers` with the column `n`: made of
// digits to the base of 32, since the account may have no table to count with.
std::string WithNumbers() {
  std::vector<std::string> digits;
  for (int digit = 0; digit < 32; ++digit) {
    digits.push_back(absl::StrCat("SELECT ", digit, " AS d"));
  }
  return absl::StrCat(
      "WITH digits AS (", absl::StrJoin(digits, " UNION ALL "),
      "), numbers AS (SELECT (((e.d * 32 + a.d) * 32 + b.d) * 32 + c.d) * 32 "
      "+ f.d AS n FROM digits AS e, digits AS a, digits AS b, digits AS c, "
      "digits AS f WHERE e.d < 2)");
}

}  // namespace

absl::StatusOr<std::optional<std::string>> ReadKeyCollation(
    Connection& connection, absl::string_view select) {
  const absl::StatusOr<Connection::Shape> shape = connection.Describe(select);
  if (!shape.ok()) return shape.status();
  if (!shape->first_is_string) return std::nullopt;
  // Columns may have one name, which those of a derived table may not. That of
  // newer collations is not in the description of a result.
  std::string sql = "WITH q (c0";
  for (size_t i = 1; i < shape->columns; ++i) absl::StrAppend(&sql, ", c", i);
  absl::StrAppend(&sql, ") AS (", select,
                  "\n) SELECT COLLATION((SELECT c0 FROM q WHERE FALSE))");
  std::optional<std::string> name;
  const absl::Status read = connection.Query(sql, [&](Connection::Row row) {
    if (!row.empty() && row[0].has_value()) name.emplace(*row[0]);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  if (name.has_value()) return name;
  return absl::InternalError(absl::StrCat("server ", connection.server(),
                                          ": COLLATION: unknown shape"));
}

absl::StatusOr<CharacterWeights> ReadCharacterWeights(
    Connection& connection, absl::string_view charset,
    absl::string_view collation) {
  // A character that the character set has not is converted into another.
  const std::string sql = absl::StrCat(
      WithNumbers(), " SELECT n, WEIGHT_STRING(c COLLATE ", collation,
      ") FROM (SELECT n, u, CONVERT(u USING ", charset,
      ") AS c FROM (SELECT n, CONVERT(CONVERT(UNHEX(LPAD(HEX(n), 8, '0')) "
      "USING utf32) USING utf8mb4) AS u FROM numbers WHERE n < ",
      kCharacters, " AND n NOT BETWEEN ", 0xD800, " AND ", 0xDFFF,
      ") AS t) AS s WHERE BINARY CONVERT(c USING utf8mb4) = BINARY u");
  CharacterWeights weights(kCharacters);
  size_t characters = 0;
  const absl::Status read = connection.Query(sql, [&](Connection::Row row) {
    size_t n = 0;
    if (row.size() != 2 || !row[1].has_value() ||
        !absl::SimpleAtoi(row[0].value_or(""), &n) || n >= kCharacters) {
      return absl::InternalError("WEIGHT_STRING: unknown shape");
    }
    weights[n] = std::string(*row[1]);
    ++characters;
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  // Every character set that we know has the ASCII characters.
  if (characters >= 128) return weights;
  return absl::InternalError(absl::StrCat("server ", connection.server(),
                                          ": it gives no weights for ",
                                          collation));
}

absl::StatusOr<SequenceWeights> ReadSequenceWeights(
    Connection& connection, absl::string_view charset,
    absl::string_view collation, const std::vector<std::string>& sequences) {
  SequenceWeights weights;
  for (size_t begin = 0; begin < sequences.size();
       begin += kSequencesPerQuery) {
    const size_t end =
        std::min(begin + kSequencesPerQuery, sequences.size());
    std::string sql = "SELECT ";
    for (size_t i = begin; i < end; ++i) {
      absl::StrAppend(&sql, i > begin ? ", " : "", "WEIGHT_STRING(CONVERT(x'",
                      absl::BytesToHexString(sequences[i]), "' USING ",
                      charset, ") COLLATE ", collation, ")");
    }
    const absl::Status read = connection.Query(sql, [&](Connection::Row row) {
      for (size_t i = 0; i < row.size() && row[i].has_value(); ++i) {
        weights.emplace_back(sequences[begin + i], std::string(*row[i]));
      }
      return absl::OkStatus();
    });
    if (!read.ok()) return read;
    if (weights.size() != end) {
      return absl::InternalError("WEIGHT_STRING: unknown shape");
    }
  }
  return weights;
}

}  // namespace postmirror
