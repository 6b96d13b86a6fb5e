#include "schema/config/map_list.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace postmirror {
namespace {

// Why `path` cannot be a map's name; empty if it can.
absl::string_view Objection(absl::string_view path) {
  if (path.empty())
    return "names no file, write mysql:FILE with an absolute path";
  if (path[0] == '/') return "";
  // mysql_table(5), OBSOLETE MAIN.CF PARAMETERS.
  if (path[0] != '.' && path.find('/') == path.npos) {
    return "takes its settings from main.cf, which is not read, write them "
           "into a "
           "file and name it by an absolute path";
  }
  return "has a relative path, which depends on where a program was started, "
         "write "
         "the absolute path";
}

}  // namespace

std::vector<CfElement> ParseMapList(const CfEntry& entry, CfErrors* errors) {
  std::vector<CfElement> maps;
  for (const auto& [text, line] : ListElements(entry)) {
    absl::string_view rest = text;
    absl::ConsumePrefix(&rest, "proxy:");
    absl::string_view objection =
        "is no mysql: map, and only those can be mirrored, leave it in main.cf "
        "and "
        "move the mysql: maps alone";
    if (absl::ConsumePrefix(&rest, "mysql:")) objection = Objection(rest);
    if (objection.empty()) {
      maps.push_back({std::string(rest), line});
    } else {
      errors->Add(line,
                  absl::StrCat(entry.name, ": ", Quoted(text), " ", objection));
    }
  }
  return maps;
}

}  // namespace postmirror
