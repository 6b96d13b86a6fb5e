#include "schema/config/map_file.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/config/cf_errors.h"
#include "schema/config/cf_file.h"
#include "schema/config/cf_reader.h"
#include "schema/config/cf_value.h"
#include "schema/config/domain_list.h"
#include "schema/config/server_address.h"

namespace postmirror {
namespace {

// The names of mysql_table(5), those of newer Postfix included, and our own.
constexpr absl::string_view kNames[] = {"hosts",
                                        "user",
                                        "password",
                                        "dbname",
                                        "query",
                                        "result_format",
                                        "domain",
                                        "option_file",
                                        "expansion_limit",
                                        "option_group",
                                        "tls_cert_file",
                                        "require_result_set",
                                        "tls_key_file",
                                        "tls_CAfile",
                                        "tls_CApath",
                                        "tls_ciphers",
                                        "charset",
                                        "tls_verify_cert",
                                        "idle_interval",
                                        "retry_interval",
                                        "mirror_query",
                                        "mirror_collation",
                                        "guard",
                                        "table",
                                        "select_field",
                                        "where_field",
                                        "additional_conditions"};

// mysql_table(5), OBSOLETE QUERY INTERFACE.
constexpr absl::string_view kLegacyNames[] = {
    "table", "select_field", "where_field", "additional_conditions"};

template <size_t kSize>
bool IsAmong(const absl::string_view (&names)[kSize], absl::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Adds a warning for each name that is unknown, repeated, or of no effect.
void WarnOfNames(const CfFile& file, CfErrors* warnings) {
  const CfEntry* query = file.Find("query");
  const bool has_query = query != nullptr && !query->value.empty();
  std::set<std::string> seen;
  for (const CfEntry& entry : file.entries()) {
    if (!IsAmong(kNames, entry.name)) {
      warnings->Add(
          entry.line,
          absl::StrCat(Quoted(entry.name),
                       " is not known to mysql_table(5) and is ignored"));
    } else if (!seen.insert(entry.name).second) {
      warnings->Add(
          entry.line,
          absl::StrCat(entry.name, " is given again, and the last one counts"));
    } else if (has_query && IsAmong(kLegacyNames, entry.name)) {
      warnings->Add(
          entry.line,
          absl::StrCat(entry.name, " is ignored, since query is stated"));
    }
  }
}

std::vector<ServerAddress> ReadHosts(CfReader* reader) {
  std::vector<ServerAddress> hosts;
  for (const std::string& text : SplitList(reader->Value("hosts"))) {
    absl::StatusOr<ServerAddress> address = ParseServerAddress(text);
    if (address.ok()) {
      hosts.push_back(*std::move(address));
    } else {
      reader->Error("hosts", absl::StrCat("hosts: ", Quoted(text), " ",
                                          address.status().message()));
    }
  }
  if (hosts.empty()) hosts.push_back({"", "localhost", 0});
  return hosts;
}

LogOn ReadLogOn(CfReader* reader) {
  LogOn log_on;
  if (reader->Has("user")) log_on.user = reader->Value("user");
  if (reader->Has("password")) log_on.password = reader->Value("password");
  log_on.option_file = reader->Path("option_file");
  if (reader->Has("option_group"))
    log_on.option_group = reader->Value("option_group");
  log_on.tls_cert_file = reader->Path("tls_cert_file");
  log_on.tls_key_file = reader->Path("tls_key_file");
  log_on.tls_CAfile = reader->Path("tls_CAfile");
  log_on.tls_CApath = reader->Path("tls_CApath");
  log_on.tls_ciphers = reader->Value("tls_ciphers");
  if (reader->Has("tls_verify_cert")) {
    log_on.tls_verify_cert = reader->YesNo("tls_verify_cert", true);
  }
  return log_on;
}

// The query of the legacy names, as db_common_sql_build_query() of db_common(3)
// builds it; empty if there is none. `needed`: the file has no `query`, so
// that one is missing.
std::string ReadLegacyQuery(bool needed, CfReader* reader) {
  constexpr absl::string_view kNeeded[] = {"table", "select_field",
                                           "where_field"};
  const auto is_stated = [reader](absl::string_view name) {
    return !reader->Value(name).empty();
  };
  if (std::none_of(std::begin(kNeeded), std::end(kNeeded), is_stated)) {
    if (needed) {
      reader->Error(
          "query",
          "query is not stated, and without it nothing can be looked up, add "
          "the line");
    }
    return "";
  }
  bool complete = true;
  for (const absl::string_view name : kNeeded) {
    if (is_stated(name)) continue;
    complete = false;
    reader->Error(name,
                  absl::StrCat(name,
                               " is not stated, and the legacy form needs it, "
                               "add the line or write a query line instead"));
  }
  if (!complete) return "";
  return absl::StrCat("SELECT ", reader->Value("select_field"), " FROM ",
                      reader->Value("table"), " WHERE ",
                      reader->Value("where_field"), "='%s' ",
                      reader->Value("additional_conditions"));
}

void ReadQueries(CfReader* reader, MapFile* map) {
  map->query = reader->Value("query");
  map->query_line = reader->LineOf("query");
  const std::string mirror_query = reader->Value("mirror_query");
  if (map->query.empty()) {
    map->query = ReadLegacyQuery(mirror_query.empty(), reader);
    map->query_line = reader->LineOf("table");
  }
  if (!mirror_query.empty()) {
    map->mirror_query = mirror_query;
    map->query_line = reader->LineOf("mirror_query");
  }
}

// A value that may be left out, but not empty.
void ReadText(absl::string_view name, CfReader* reader, std::string* value) {
  if (!reader->Has(name)) return;
  *value = reader->Value(name);
  if (value->empty()) {
    reader->Error(name,
                  absl::StrCat(name,
                               " is empty, and Postfix wants a value, write "
                               "one or remove the line for the default"));
  }
}

void ReadResult(CfReader* reader, MapFile* map) {
  ReadText("result_format", reader, &map->result_format);
  if (reader->Has("expansion_limit")) {
    // A negative limit is none for Postfix too.
    const absl::StatusOr<int64_t> limit = ParseInteger(
        reader->Value("expansion_limit"), std::numeric_limits<int32_t>::min(),
        std::numeric_limits<int32_t>::max());
    reader->Check("expansion_limit", limit.status());
    if (limit.ok()) map->expansion_limit = std::max<int64_t>(*limit, 0);
  }
  // Whatever it says: a SELECT always has a result set.
  reader->YesNo("require_result_set", true);
}

// Postfix's keys are UTF-8; in a connection of another character set they would
// be taken for other text.
void CheckCharset(CfReader* reader) {
  if (!reader->Has("charset") ||
      absl::EqualsIgnoreCase(reader->Value("charset"), "utf8mb4")) {
    return;
  }
  reader->Error("charset",
                absl::StrCat("charset: ", Quoted(reader->Value("charset")),
                             " is not mirrored, only Postfix's default utf8mb4 "
                             "is, remove the line"));
}

void ReadMirrorCollation(CfReader* reader, MapFile* map) {
  if (!reader->Has("mirror_collation")) return;
  map->mirror_ascii_ci = reader->Value("mirror_collation") == "ascii_ci";
  if (map->mirror_ascii_ci) return;
  reader->Error("mirror_collation",
                absl::StrCat("mirror_collation: ",
                             Quoted(reader->Value("mirror_collation")),
                             " is not known, write ascii_ci or remove the line "
                             "for the key column's own collation"));
}

void ReadGuard(CfReader* reader, MapFile* map) {
  if (!reader->Has("guard")) return;
  const std::string value = reader->Value("guard");
  if (value == "removals") {
    map->guard = GuardScope::kRemovals;
  } else if (value == "values") {
    map->guard = GuardScope::kValues;
  } else if (value == "off") {
    map->guard = GuardScope::kOff;
  } else {
    reader->Error("guard",
                  absl::StrCat("guard: ", Quoted(value),
                               " is not known, write removals, values (which "
                               "are removals too) or off"));
  }
}

MapFile ReadEntries(absl::string_view path, CfReader* reader) {
  MapFile map;
  map.path = std::string(path);
  map.hosts = ReadHosts(reader);
  map.log_on = ReadLogOn(reader);
  map.dbname = reader->Value("dbname");
  if (map.dbname.empty()) {
    reader->Error("dbname",
                  "dbname is not stated, and Postfix wants one, add the line");
  }
  CheckCharset(reader);
  ReadQueries(reader, &map);
  ReadMirrorCollation(reader, &map);
  ReadGuard(reader, &map);
  map.domain = ParseDomainList(
      {"domain", reader->Value("domain"), reader->LineOf("domain")},
      reader->errors());
  ReadResult(reader, &map);
  return map;
}

}  // namespace

bool LogOn::WantsTls() const {
  return tls_verify_cert.has_value() || !tls_cert_file.empty() ||
         !tls_key_file.empty() || !tls_CAfile.empty() || !tls_CApath.empty() ||
         !tls_ciphers.empty();
}

bool LogOn::VerifiesTls() const {
  return WantsTls() && tls_verify_cert.value_or(true);
}

absl::StatusOr<MapFile> ParseMapFile(absl::string_view path,
                                     absl::string_view text,
                                     std::vector<std::string>* warnings) {
  CfErrors errors(path);
  CfErrors warned(path);
  const CfFile file = CfFile::Scan(path, text, &errors);
  WarnOfNames(file, &warned);
  CfReader reader(file, &errors);
  MapFile map = ReadEntries(path, &reader);
  if (map.log_on.WantsTls() && !map.log_on.VerifiesTls()) {
    warned.Add(
        reader.LineOf("tls_verify_cert"),
        "tls_verify_cert is no, so that whoever has the server's port is "
        "believed, and given what proves the password: remove the line, "
        "and state tls_CAfile");
  }
  if (warnings != nullptr) {
    for (std::string& line : warned.Lines())
      warnings->push_back(std::move(line));
  }
  if (!errors.empty()) return errors.ToStatus();
  return map;
}

}  // namespace postmirror
