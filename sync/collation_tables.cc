#include "sync/collation_tables.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "schema/key/contraction_candidates.h"
#include "sync/collation_builder.h"
#include "sync/collation_file.h"
#include "sync/mariadb/character_weights.h"

namespace postmirror {
namespace {

// Character sets whose collations compare character by character.
constexpr absl::string_view kCharsets[] = {"utf8mb4", "utf8mb3", "utf8",
                                           "latin1", "ascii"};
// Collations, without their character set and without "nopad_", that compare
// one weight of each character, and none of its accents or its case apart.
constexpr absl::string_view kCollations[] = {
    "bin",        "general_ci",     "general_mysql500_ci",
    "unicode_ci", "unicode_520_ci", "uca1400_ai_ci"};
// Those of a language that do so too. Elsewhere these names are tailorings.
constexpr absl::string_view kLatin1Collations[] = {"swedish_ci", "german1_ci",
                                                   "general_cs"};

template <size_t kSize>
bool IsAmong(const absl::string_view (&names)[kSize], absl::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

absl::Status CheckReproducible(const std::string& name,
                               absl::string_view charset) {
  absl::string_view rest = name;
  const bool known = IsAmong(kCharsets, charset) &&
                     absl::ConsumePrefix(&rest, charset) &&
                     absl::ConsumePrefix(&rest, "_");
  const std::string rule = absl::StrReplaceAll(rest, {{"nopad_", ""}});
  if (known && (IsAmong(kCollations, rule) ||
                (charset == "latin1" && IsAmong(kLatin1Collations, rule)))) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "the collation ", name, " is none whose rules can be mirrored exactly"));
}

std::string CharsetOf(const std::string& name) {
  return name.substr(0, name.find('_'));
}

// The rules of a collation that needs no server: it compares bytes, or
// characters by their numbers in a character set that has them all.
std::optional<CollationRules> PlainRules(const std::string& name) {
  CollationRules rules;
  rules.name = name;
  rules.bytes = name == "binary";
  rules.pads = name == "utf8mb4_bin";
  if (rules.bytes || rules.pads || name == "utf8mb4_nopad_bin") return rules;
  return std::nullopt;
}

absl::StatusOr<CollationRules> AskRules(Connection& connection,
                                        const std::string& name) {
  const std::string charset = CharsetOf(name);
  absl::StatusOr<CharacterWeights> characters =
      ReadCharacterWeights(connection, charset, name);
  if (!characters.ok()) return characters.status();
  SequenceWeights sequences;
  if (absl::StrContains(name, "_uca1400_")) {
    std::vector<std::string> candidates = ContractionCandidates();
    if (charset != "utf8mb4") {
      std::erase_if(candidates, [](const std::string& text) {
        return std::any_of(text.begin(), text.end(), [](char c) {
          return static_cast<unsigned char>(c) >= 0xF0;  // of four bytes
        });
      });
    }
    absl::StatusOr<SequenceWeights> read =
        ReadSequenceWeights(connection, charset, name, candidates);
    if (!read.ok()) return read.status();
    sequences = *std::move(read);
  }
  return BuildCollationRules(name, !absl::StrContains(name, "_nopad_"),
                             *characters, sequences);
}

}  // namespace

absl::StatusOr<CollationTables::Collation> CollationTables::Get(
    Connection& connection, const std::string& name) {
  const std::pair<std::string, std::string> id = {connection.version(), name};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto known = known_.find(id); known != known_.end()) {
      return known->second;
    }
  }
  // Not under the lock: one server that hangs must not stop the others' loops.
  const absl::StatusOr<CollationRules> rules = FindRules(connection, name);
  if (!rules.ok()) return rules.status();
  auto made =
      std::make_shared<const StoredCollation>(MakeStoredCollation(*rules));
  const std::lock_guard<std::mutex> lock(mutex_);
  return known_.emplace(id, std::move(made)).first->second;
}

absl::StatusOr<CollationRules> CollationTables::FindRules(
    Connection& connection, const std::string& name) const {
  if (std::optional<CollationRules> plain = PlainRules(name)) return *plain;
  if (absl::Status known = CheckReproducible(name, CharsetOf(name));
      !known.ok()) {
    return known;
  }
  const std::string& version = connection.version();
  if (!folder_.empty()) {
    absl::StatusOr<CollationRules> kept =
        ReadCollationFile(folder_, name, version);
    if (kept.ok()) return kept;
  }
  // What is missing or damaged is asked for.
  absl::StatusOr<CollationRules> rules = AskRules(connection, name);
  if (rules.ok() && !folder_.empty()) {
    // Where it cannot be kept it is asked for again after a restart.
    WriteCollationFile(folder_, version, *rules).IgnoreError();
  }
  return rules;
}

CollationTables::Collation CollationTables::AsciiCi() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (ascii_ci_ == nullptr) {
    ascii_ci_ = std::make_shared<const StoredCollation>(
        MakeStoredCollation(AsciiCiRules()));
  }
  return ascii_ci_;
}

}  // namespace postmirror
