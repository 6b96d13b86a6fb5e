#include "sync/mariadb/character_weights.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

constexpr size_t kCharacters = 0x110000;
constexpr size_t kSequencesPerQuery = 500;
constexpr size_t kBlockCharacters = 0x10000;
// In a statement: four of its own and three of the separator, in hexadecimal.
constexpr size_t kBytesPerCharacter = 14;
// So many are asked for one by one, in one statement.
constexpr size_t kFewCharacters = 256;
// Stands between characters whose weights are asked for together. Any one would
// do, best one that no other has the weight of: a rune.
constexpr char32_t kSeparator = 0x16A0;

// The numbers of the first plane's characters, as a table `numbers` with the
// column `n`: made of digits, since the account may have no table to count
// with.
std::string WithNumbers() {
  constexpr int kDigits = 16;
  std::vector<std::string> digits;
  digits.reserve(kDigits);
  for (int digit = 0; digit < kDigits; ++digit) {
    digits.push_back(absl::StrCat("SELECT ", digit, " AS d"));
  }
  return absl::StrCat("WITH digits AS (", absl::StrJoin(digits, " UNION ALL "),
                      "), numbers AS (SELECT "
                      "((a.d * 16 + b.d) * 16 + c.d) * 16 + e.d AS n "
                      "FROM digits AS a, digits AS b, digits AS c, "
                      "digits AS e)");
}

bool IsSurrogate(size_t n) { return n >= 0xD800 && n <= 0xDFFF; }

// The weights of all characters of a character set that is not utf8mb4, and may
// not have them all. One that it has not is converted into another.
std::string PlaneQuery(absl::string_view charset, absl::string_view collation) {
  return absl::StrCat(
      WithNumbers(), " SELECT n, WEIGHT_STRING(c COLLATE ", collation,
      ") FROM (SELECT n, u, CONVERT(u USING ", charset,
      ") AS c FROM (SELECT n, CONVERT(CONVERT(UNHEX(LPAD(HEX(n), 8, '0')) "
      "USING utf32) USING utf8mb4) AS u FROM numbers WHERE n NOT BETWEEN ",
      0xD800, " AND ", 0xDFFF,
      ") AS t) AS s WHERE BINARY CONVERT(c USING utf8mb4) = BINARY u");
}

absl::Status ReadPlane(Connection& connection, absl::string_view charset,
                       absl::string_view collation, CharacterWeights* weights) {
  return connection.Query(
      PlaneQuery(charset, collation), Connection::Columns::Exactly(2),
      [&](Connection::Row row) {
        size_t n = 0;
        if (!row[1].has_value() || !absl::SimpleAtoi(row[0].value_or(""), &n) ||
            n >= kCharacters) {
          return connection.BadAnswer("a WEIGHT_STRING of no character");
        }
        (*weights)[n] = std::string(*row[1]);
        return absl::OkStatus();
      });
}

// The weight of a text in utf8mb4.
absl::StatusOr<std::string> ReadWeight(Connection& connection,
                                       absl::string_view collation,
                                       absl::string_view text) {
  const absl::StatusOr<SequenceWeights> read = ReadSequenceWeights(
      connection, "utf8mb4", collation, {std::string(text)});
  if (!read.ok()) return read.status();
  return read->front().second;
}

// Takes the weight of a text apart in which each character is followed by one
// separator. It can be taken apart in one way only if nothing in it looks like
// the separator's weight but the separators' own: there are so many of those,
// so that it is enough to count. Else returns nothing.
std::optional<std::vector<absl::string_view>> Split(absl::string_view weight,
                                                    absl::string_view separator,
                                                    size_t characters) {
  std::vector<absl::string_view> parts;
  size_t begin = 0;
  for (size_t at = weight.find(separator); at != weight.npos;
       at = weight.find(separator, at + 1)) {
    if (at < begin) return std::nullopt;  // they overlap
    parts.push_back(weight.substr(begin, at - begin));
    begin = at + separator.size();
  }
  if (separator.empty() || parts.size() != characters ||
      begin != weight.size()) {
    return std::nullopt;
  }
  return parts;
}

// Asks for the weights of the characters from `first` up to `end`, all in one
// text: a hundredth of the time that a row for each of them takes. Where the
// text's weight cannot be taken apart, it is asked for in halves, and some
// characters in the end one by one.
class BlockReader {
 public:
  BlockReader(Connection* connection, absl::string_view collation,
              std::string separator, CharacterWeights* weights)
      : connection_(*connection),
        collation_(collation),
        separator_(std::move(separator)),
        weights_(*weights) {
    weights_[kSeparator] = separator_;
  }

  absl::Status Read(size_t first, size_t end) {
    std::vector<std::string> texts;
    for (size_t n = first; n < end; ++n) {
      if (IsAsked(n)) texts.push_back(Utf8Of(static_cast<char32_t>(n)));
    }
    if (texts.empty()) return absl::OkStatus();
    if (texts.size() <= kFewCharacters) return ReadApart(first, end, texts);
    const std::string between = Utf8Of(kSeparator);
    const absl::StatusOr<std::string> together =
        ReadWeight(connection_, collation_,
                   absl::StrCat(absl::StrJoin(texts, between), between));
    // Without one the server may have found it too long (max_allowed_packet).
    if (!together.ok() && !absl::IsInternal(together.status())) {
      return together.status();
    }
    const std::string weight = together.value_or("");
    const auto parts = Split(weight, separator_, texts.size());
    if (parts.has_value()) {
      Put(first, end, *parts);
      return absl::OkStatus();
    }
    const size_t middle = first + (end - first) / 2;
    if (absl::Status read = Read(first, middle); !read.ok()) return read;
    return Read(middle, end);
  }

 private:
  // The weight of the separator is known.
  static bool IsAsked(size_t n) { return !IsSurrogate(n) && n != kSeparator; }

  absl::Status ReadApart(size_t first, size_t end,
                         const std::vector<std::string>& texts) {
    const absl::StatusOr<SequenceWeights> apart =
        ReadSequenceWeights(connection_, "utf8mb4", collation_, texts);
    if (!apart.ok()) return apart.status();
    std::vector<absl::string_view> parts;
    for (const auto& [text, weight] : *apart) parts.push_back(weight);
    Put(first, end, parts);
    return absl::OkStatus();
  }

  void Put(size_t first, size_t end,
           const std::vector<absl::string_view>& parts) {
    auto part = parts.begin();
    for (size_t n = first; n < end; ++n) {
      if (IsAsked(n)) weights_[n] = std::string(*part++);
    }
  }

  Connection& connection_;
  const absl::string_view collation_;
  const std::string separator_;
  CharacterWeights& weights_;
};

// The most characters whose weights the server lets us ask for together: it
// ends a connection that sends a longer statement.
absl::StatusOr<size_t> LargestBlock(Connection& connection) {
  size_t max_packet = 0;
  const absl::Status read = connection.QueryRow(
      "SELECT @@max_allowed_packet", 1, [&](Connection::Row row) {
        return absl::SimpleAtoi(row[0].value_or(""), &max_packet)
                   ? absl::OkStatus()
                   : connection.BadAnswer("a max_allowed_packet of no number");
      });
  if (!read.ok()) return read;
  size_t characters = kBlockCharacters;
  while (characters > kFewCharacters &&
         characters * kBytesPerCharacter > max_packet / 2) {
    characters /= 2;
  }
  return characters;
}

absl::Status ReadBlocks(Connection& connection, absl::string_view collation,
                        CharacterWeights* weights) {
  absl::StatusOr<std::string> separator =
      ReadWeight(connection, collation, Utf8Of(kSeparator));
  if (!separator.ok()) return separator.status();
  const absl::StatusOr<size_t> block = LargestBlock(connection);
  if (!block.ok()) return block.status();
  BlockReader reader(&connection, collation, *std::move(separator), weights);
  for (size_t first = 0; first < kCharacters; first += *block) {
    if (absl::Status read = reader.Read(first, first + *block); !read.ok()) {
      return read;
    }
  }
  return absl::OkStatus();
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
  const absl::Status read =
      connection.QueryRow(sql, 1, [&](Connection::Row row) {
        if (row[0].has_value()) name.emplace(*row[0]);
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
  // Only utf8mb4 has characters beyond the first plane.
  const absl::Status read =
      charset == "utf8mb4"
          ? ReadBlocks(connection, collation, &weights)
          : ReadPlane(connection, charset, collation, &weights);
  if (!read.ok()) return read;
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
    const absl::Status read =
        connection.QueryRow(sql, end - begin, [&](Connection::Row row) {
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
