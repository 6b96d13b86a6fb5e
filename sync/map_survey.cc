#include "sync/map_survey.h"

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

void NameMap(const MirroredMap& map, std::string* reason) {
  if (reason->empty()) return;
  *reason = absl::StrCat("map ", map.name, ": ", *reason);
}

}  // namespace

absl::StatusOr<TableSurvey> SurveyMap(const MirroredMap& map,
                                      Connection& connection) {
  if (absl::Status used = connection.Use(map.dbname); !used.ok()) return used;
  absl::StatusOr<TableSurvey> survey =
      SurveyTables(connection, map.query.tables);
  if (!survey.ok()) return survey;
  if (!map.query.unknown_function.empty()) {
    survey->blind_spot =
        absl::StrCat("the function ", map.query.unknown_function,
                     " may read more than the tables of the query");
  }
  NameMap(map, &survey->blind_spot);
  NameMap(map, &survey->not_innodb);
  return survey;
}

}  // namespace postmirror
