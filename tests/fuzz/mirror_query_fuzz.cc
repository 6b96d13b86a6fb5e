// Fuzzes the derivation of mirror queries. Beyond not crashing: what is derived
// reads as a mirror query of the same tables, so that no text can make the
// derivation and a plain reading of its result differ.
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <string>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "schema/query/mirror_query.h"
#include "schema/query/result_format.h"

namespace postmirror {
namespace {

void Require(bool held) {
  if (!held) abort();
}

void FuzzDerivation(absl::string_view query) {
  const absl::StatusOr<MirrorQuery> derived = DeriveMirrorQuery(query);
  if (!derived.ok()) {
    Require(derived.status().code() == absl::StatusCode::kInvalidArgument);
    Require(!absl::StrContains(derived.status().message(), '\n'));
    return;
  }
  Require(absl::StartsWith(derived->sql, "SELECT "));
  Require(!derived->tables.empty());
  Require(!derived->branches.empty());
  size_t end = 0;
  for (const std::string& branch : derived->branches) {
    end = derived->sql.find(branch, end);
    Require(end != std::string::npos);
    end += branch.size();
  }
  for (const MirrorQuery::PrimaryKeyOrder& order : derived->orders) {
    Require(order.offset <= derived->sql.size());
  }
  const absl::StatusOr<MirrorQuery> read = ParseMirrorQuery(derived->sql);
  // "%%s" in the template is the string '%s' in the result, which is refused.
  if (!read.ok()) return Require(absl::StrContains(derived->sql, '%'));
  Require(read->sql == derived->sql);
  // Of a LIMIT, it also reads the rows that it has numbered.
  for (const TableName& table : derived->tables) {
    Require(absl::c_linear_search(read->tables, table));
  }
  Require(derived->tables == read->tables || derived->compares_keys);
  if (!derived->key_select.has_value()) return;
  const MirrorQuery::KeySelect& keys = *derived->key_select;
  const absl::StatusOr<MirrorQuery> one =
      ParseMirrorQuery(absl::StrCat(keys.head, "'k'", keys.tail));
  Require(one.ok());
  Require(one->tables == derived->tables);
}

}  // namespace
}  // namespace postmirror

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::ParseMirrorQuery;
  using postmirror::ResultFormat;
  const absl::string_view text(reinterpret_cast<const char*>(bytes), size);
  postmirror::FuzzDerivation(text);
  const absl::StatusOr<postmirror::MirrorQuery> parsed = ParseMirrorQuery(text);
  // The SQL of a mirror query reads as itself.
  if (parsed.ok()) {
    const absl::StatusOr<postmirror::MirrorQuery> again =
        ParseMirrorQuery(parsed->sql);
    postmirror::Require(again.ok() && *again == *parsed);
  }
  const absl::StatusOr<ResultFormat> format = ResultFormat::Parse(text);
  if (format.ok()) {
    std::string result;
    format->Append("user@example.org", &result);
    format->Append(text, &result);
  }
  return 0;
}
