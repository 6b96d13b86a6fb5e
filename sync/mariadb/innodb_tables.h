// Whether a change of a map's tables is certain to move InnoDB's log sequence
// number: the condition for `change_source = lsn`.
#ifndef POSTMIRROR_SYNC_MARIADB_INNODB_TABLES_H_
#define POSTMIRROR_SYNC_MARIADB_INNODB_TABLES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "schema/query/mirror_query.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

// nullopt when every one of `tables`, and every table that a view among them
// reads, is InnoDB, so that no change of them escapes ReadLsn. Else why not,
// for the operator: "table mail.x is MyISAM", "view mail.v cannot be resolved:
// no SHOW VIEW privilege", "table mail.x is not visible". What is not
// understood is a reason. SELECT on any column of each base table is enough; a
// view needs SHOW VIEW.
absl::StatusOr<std::optional<std::string>> FindNonInnodbTable(
    Connection& connection, const std::vector<TableName>& tables);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_INNODB_TABLES_H_
