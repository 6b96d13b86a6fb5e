// What one map reads, as far as the change signal must know it.
#ifndef POSTMIRROR_SYNC_MAP_SURVEY_H_
#define POSTMIRROR_SYNC_MAP_SURVEY_H_

#include "absl/status/statusor.h"
#include "sync/mariadb/table_survey.h"
#include "sync/mirror_plan.h"

namespace postmirror {

// Surveys the tables of the map; a reason is named with the map. Selects its
// database on the connection.
absl::StatusOr<TableSurvey> SurveyMap(const MirroredMap& map,
                                      Connection& connection);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MAP_SURVEY_H_
