// What the maps of one server read, as far as the change signal must know it.
#ifndef POSTMIRROR_SYNC_MAP_SURVEY_H_
#define POSTMIRROR_SYNC_MAP_SURVEY_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sync/mariadb/innodb_tables.h"
#include "sync/snapshot.h"

namespace postmirror {

// Surveys the tables of every map; a blind spot is named with its map, and ends
// the survey. Selects databases on the readers' connections.
absl::StatusOr<TableSurvey> SurveyMaps(absl::Span<GroupReader> readers);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MAP_SURVEY_H_
