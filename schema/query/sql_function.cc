#include "schema/query/sql_function.h"

#include <algorithm>
#include <span>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using Words = std::span<const absl::string_view>;

constexpr absl::string_view kRowWise[] = {"abs",
                                          "ascii",
                                          "bit_length",
                                          "ceil",
                                          "ceiling",
                                          "char",
                                          "char_length",
                                          "character_length",
                                          "coalesce",
                                          "concat",
                                          "concat_ws",
                                          "convert",
                                          "cast",
                                          "elt",
                                          "field",
                                          "find_in_set",
                                          "floor",
                                          "from_base64",
                                          "greatest",
                                          "hex",
                                          "if",
                                          "ifnull",
                                          "insert",
                                          "instr",
                                          "isnull",
                                          "json_contains",
                                          "json_exists",
                                          "json_extract",
                                          "json_length",
                                          "json_unquote",
                                          "json_value",
                                          "lcase",
                                          "least",
                                          "left",
                                          "length",
                                          "locate",
                                          "lower",
                                          "lpad",
                                          "ltrim",
                                          "md5",
                                          "mid",
                                          "mod",
                                          "nullif",
                                          "nvl",
                                          "nvl2",
                                          "octet_length",
                                          "ord",
                                          "position",
                                          "quote",
                                          "regexp_instr",
                                          "regexp_replace",
                                          "regexp_substr",
                                          "repeat",
                                          "replace",
                                          "reverse",
                                          "right",
                                          "round",
                                          "rpad",
                                          "rtrim",
                                          "sha1",
                                          "sha2",
                                          "sign",
                                          "space",
                                          "strcmp",
                                          "substr",
                                          "substring",
                                          "substring_index",
                                          "to_base64",
                                          "trim",
                                          "truncate",
                                          "ucase",
                                          "unhex",
                                          "upper"};

constexpr absl::string_view kAggregates[] = {
    "avg",        "bit_and",        "bit_or", "bit_xor",
    "count",      "group_concat",   "max",    "json_arrayagg",
    "min",        "json_objectagg", "std",    "stddev",
    "stddev_pop", "stddev_samp",    "sum",    "var_pop",
    "var_samp",   "variance"};

constexpr absl::string_view kTimes[] = {
    "now",          "curdate",           "curtime",   "current_date",
    "current_time", "current_timestamp", "sysdate",   "utc_date",
    "utc_time",     "utc_timestamp",     "localtime", "localtimestamp"};

constexpr absl::string_view kRandoms[] = {
    "rand",    "random_bytes", "sys_guid",  "uuid",
    "uuid_v4", "uuid_v7",      "uuid_short"};

constexpr absl::string_view kSessions[] = {
    "connection_id", "current_role",   "current_user", "database",
    "found_rows",    "last_insert_id", "row_count",    "rownum",
    "schema",        "session_user",   "system_user",  "user"};

constexpr absl::string_view kServers[] = {
    "benchmark",    "get_lock",         "is_free_lock",
    "is_used_lock", "lastval",          "load_file",
    "nextval",      "release_lock",     "release_all_locks",
    "setval",       "master_gtid_wait", "master_pos_wait",
    "sleep"};

// These call a function as they stand; MariaDB reserves them, so that a column
// of that name is always quoted.
constexpr absl::string_view kWithoutParentheses[] = {
    "current_date", "current_role", "current_time",   "current_timestamp",
    "current_user", "localtime",    "localtimestamp", "rownum",
    "utc_date",     "utc_time",     "utc_timestamp"};

// What may stand before a "(" without being called: operators and clauses, and
// the types of CAST and CONVERT.
constexpr absl::string_view kNotCalled[] = {
    "all",          "and",     "any",    "as",       "between",   "binary",
    "by",           "case",    "cross",  "datetime", "decimal",   "distinct",
    "div",          "double",  "else",   "escape",   "except",    "exists",
    "float",        "from",    "having", "in",       "index",     "intersect",
    "interval",     "join",    "key",    "like",     "nchar",     "not",
    "numeric",      "on",      "or",     "over",     "partition", "regexp",
    "rlike",        "select",  "some",   "then",     "time",      "union",
    "using",        "varchar", "when",   "where",    "xor",       "limit",
    "straight_join"};

bool Contains(Words words, absl::string_view name) {
  return std::find(words.begin(), words.end(), name) != words.end();
}

FunctionKind KindOf(absl::string_view name, bool has_arguments) {
  if (Contains(kRowWise, name)) return FunctionKind::kRowWise;
  if (Contains(kAggregates, name)) return FunctionKind::kAggregate;
  if (Contains(kTimes, name)) return FunctionKind::kTime;
  // Of an argument it is a plain conversion, in the time zone of the session.
  if (name == "unix_timestamp" && !has_arguments) return FunctionKind::kTime;
  if (Contains(kRandoms, name)) return FunctionKind::kRandom;
  if (Contains(kSessions, name)) return FunctionKind::kSession;
  if (Contains(kServers, name)) return FunctionKind::kServer;
  return FunctionKind::kUnknown;
}

absl::string_view WhatIsWrong(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::kRowWise:
      return "";
    case FunctionKind::kAggregate:
      return "makes one row out of several, over all keys";
    case FunctionKind::kTime:
      return "changes with time, without a change of any table: leave it out, "
             "and let the database remove or mark rows when their time is over "
             "(CREATE EVENT)";
    case FunctionKind::kRandom:
      return "changes from one call to the next";
    case FunctionKind::kSession:
      return "depends on the connection that asks";
    case FunctionKind::kServer:
      return "is not a value of the tables";
    case FunctionKind::kUnknown:
      return "is not known to depend on its arguments alone";
  }
  return "";
}

}  // namespace

std::optional<FunctionKind> CalledFunction(SqlTokens tokens, size_t i) {
  if (!tokens[i].IsName()) return std::nullopt;
  const bool called = i + 1 < tokens.size() && tokens[i + 1].IsOperator("(");
  const std::string name = absl::AsciiStrToLower(tokens[i].text);
  const bool plain = IsKeyword(tokens, i, name);
  if (!called) {
    if (!plain || !Contains(kWithoutParentheses, name)) return std::nullopt;
    return KindOf(name, /*has_arguments=*/false);
  }
  // A quoted or qualified name in front of "(" calls a stored function.
  if (!plain) return FunctionKind::kUnknown;
  if (Contains(kNotCalled, name)) return std::nullopt;
  return KindOf(name, i + 2 < tokens.size() && !tokens[i + 2].IsOperator(")"));
}

std::string ReasonAgainstDeriving(SqlTokens tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    const std::optional<FunctionKind> kind = CalledFunction(tokens, i);
    if (!kind.has_value() || *kind == FunctionKind::kRowWise) continue;
    return absl::StrCat("the function ", Excerpt(tokens[i].text), " ",
                        WhatIsWrong(*kind));
  }
  return "";
}

std::string ReasonAgainstMirroring(SqlTokens tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    switch (CalledFunction(tokens, i).value_or(FunctionKind::kRowWise)) {
      case FunctionKind::kTime:
      case FunctionKind::kRandom:
      case FunctionKind::kSession:
      case FunctionKind::kServer:
        return absl::StrCat("the function ", Excerpt(tokens[i].text), " ",
                            WhatIsWrong(*CalledFunction(tokens, i)));
      case FunctionKind::kRowWise:
      case FunctionKind::kAggregate:
      case FunctionKind::kUnknown:
        break;
    }
  }
  return "";
}

}  // namespace postmirror
