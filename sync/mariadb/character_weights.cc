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
constexpr size_t kPlaneCharacters = 0x10000;
constexpr size_t kSequencesPerQuery = 500;

// The numbers of a plane's characters, as a table `numbers` with the column
// `n`: made of digits, since the account may have no table to count with.
std::string WithNumbers(size_t plane) {
  std::vector<std::string> digits;
  for (int digit = 0; digit < 16; ++digit) {
    digits.push_back(absl::StrCat("SELECT ", digit, " AS d"));
  }
  return absl::StrCat("WITH digits AS (", absl::StrJoin(digits, " UNION ALL "),
                      "), numbers AS (SELECT ", plane * kPlaneCharacters,
                      " + ((a.d * 16 + b.d) * 16 + c.d) * 16 + e.d AS n "
                      "FROM digits AS a, digits AS b, digits AS c, "
                      "digits AS e)");
}

// A character that the character set has not is converted into another.
std::string PlaneQuery(size_t plane, absl::string_view charset,
                       absl::string_view collation) {
  return absl::StrCat(
      WithNumbers(plane), " SELECT n, WEIGHT_STRING(c COLLATE ", collation,
      ") FROM (SELECT n, u, CONVERT(u USING ", charset,
      ") AS c FROM (SELECT n, CONVERT(CONVERT(UNHEX(LPAD(HEX(n), 8, '0')) "
      "USING utf32) USING utf8mb4) AS u FROM numbers WHERE n NOT BETWEEN ",
      0xD800, " AND ", 0xDFFF,
      ") AS t) AS s WHERE BINARY CONVERT(c USING utf8mb4) = BINARY u");
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
  CharacterWeights weights(kCharacters);
  const auto take = [&](Connection::Row row) {
    size_t n = 0;
    if (row.size() != 2 || !row[1].has_value() ||
        !absl::SimpleAtoi(row[0].value_or(""), &n) || n >= kCharacters) {
      return absl::InternalError("WEIGHT_STRING: unknown shape");
    }
    weights[n] = std::string(*row[1]);
    return absl::OkStatus();
  };
  // A query for each plane, so that the server is never silent for long. Only
  // utf8mb4 has characters beyond the first.
  const size_t planes =
      charset == "utf8mb4" ? kCharacters / kPlaneCharacters : 1;
  for (size_t plane = 0; plane < planes; ++plane) {
    const absl::Status read =
        connection.Query(PlaneQuery(plane, charset, collation), take);
    if (!read.ok()) return read;
  }
  // Every character set that we know has the ASCII characters.
  if (std::all_of(weights.begin(), weights.begin() + 128,
                  [](const auto& weight) { return weight.has_value(); })) {
    return weights;
  }
  return absl::InternalError(absl::StrCat(
      "server ", connection.server(), ": it gives no weights for ", collation));
}

absl::StatusOr<SequenceWeights> ReadSequenceWeights(
    Connection& connection, absl::string_view charset,
    absl::string_view collation, const std::vector<std::string>& sequences) {
  SequenceWeights weights;
  for (size_t begin = 0; begin < sequences.size();
       begin += kSequencesPerQuery) {
    const size_t end = std::min(begin + kSequencesPerQuery, sequences.size());
    std::string sql = "SELECT ";
    for (size_t i = begin; i < end; ++i) {
      absl::StrAppend(&sql, i > begin ? ", " : "", "WEIGHT_STRING(CONVERT(x'",
                      absl::BytesToHexString(sequences[i]), "' USING ", charset,
                      ") COLLATE ", collation, ")");
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
