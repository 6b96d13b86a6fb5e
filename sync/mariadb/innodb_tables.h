// Whether a change of a map's tables is certain to move InnoDB's log sequence
// number: the condition for `change_source = lsn`.
#ifndef POSTMIRROR_SYNC_MARIADB_INNODB_TABLES_H_
#define POSTMIRROR_SYNC_MARIADB_INNODB_TABLES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "schema/query/mirror_query.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

struct TableSurvey {
  // Why a change may escape ReadLsn, for the operator: "table mail.x is
  // MyISAM", "view mail.v cannot be resolved: no SHOW VIEW privilege"; empty
  // where none of the tables' rows does. What is not understood is a reason.
  std::string blind_spot;
  // The definition of each view that is read. A new one moves no LSN: the
  // caller has to compare.
  std::map<TableName, std::string> views;

  friend bool operator==(const TableSurvey&, const TableSurvey&) = default;
};

// Adds `tables`, and what views among them read, to `*survey`; stops at the
// first blind spot: an engine other than InnoDB, a table that is not visible, a
// value that changes by itself (a virtual column or a view that asks for the
// time). SELECT on any column of each base table is enough, and shows only that
// column's expression; a view needs SHOW VIEW.
absl::Status SurveyTables(Connection& connection,
                          const std::vector<TableName>& tables,
                          TableSurvey* survey);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_INNODB_TABLES_H_
