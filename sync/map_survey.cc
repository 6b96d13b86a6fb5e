#include "sync/map_survey.h"

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

absl::Status SurveyMap(const MirroredMap& map, Connection& connection,
                       TableSurvey* survey) {
  if (!map.query.unknown_function.empty()) {
    survey->blind_spot =
        absl::StrCat("the function ", map.query.unknown_function,
                     " may read more than the tables of the query");
    return absl::OkStatus();
  }
  if (absl::Status used = connection.Use(map.dbname); !used.ok()) return used;
  return SurveyTables(connection, map.query.tables, survey);
}

}  // namespace

absl::StatusOr<TableSurvey> SurveyMaps(absl::Span<GroupReader> readers) {
  TableSurvey survey;
  for (GroupReader& reader : readers) {
    for (const MirroredMap& map : reader.group->maps) {
      if (absl::Status surveyed = SurveyMap(map, *reader.connection, &survey);
          !surveyed.ok()) {
        return surveyed;
      }
      if (survey.blind_spot.empty()) continue;
      survey.blind_spot =
          absl::StrCat("map ", map.name, ": ", survey.blind_spot);
      return survey;
    }
  }
  return survey;
}

}  // namespace postmirror
