// Which tables a map reads in the end, and whether a change of them can escape
// a change signal.
#ifndef POSTMIRROR_SYNC_MARIADB_TABLE_SURVEY_H_
#define POSTMIRROR_SYNC_MARIADB_TABLE_SURVEY_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "schema/query/mirror_query.h"
#include "sync/mariadb/connection.h"
#include "sync/mariadb/table_shape.h"

namespace postmirror {

struct TableSurvey {
  // Why a value may change unseen by any signal, for the operator: "view mail.v
  // cannot be resolved: no SHOW VIEW privilege"; empty where none does. What is
  // not understood is a reason.
  std::string blind_spot;
  // Why a change may not move the LSN (ReadLsn): "table mail.x is MyISAM"; or
  // empty. The binlog has it.
  std::string not_innodb;
  // The definition of each view that is read. A new one moves no LSN: the
  // caller has to compare (CompareWithSurveys).
  std::map<TableName, std::string> views;
  // The tables that are read, in full and as the server spells them, and what
  // they are; complete unless there is a blind spot.
  std::map<TableName, TableShape> tables;

  bool IsSameAs(const TableSurvey& other) const;
};

// Surveys `tables`, and what views among them read, up to the first blind spot:
// a table that is not visible or whose rows stand elsewhere, a value that
// changes by itself (a virtual column or a view that asks for the time). SELECT
// on any column of each base table is enough, and shows only that column's
// expression; a view needs SHOW VIEW.
absl::StatusOr<TableSurvey> SurveyTables(Connection& connection,
                                         const std::vector<TableName>& tables);

enum class Comparison {
  kSame,
  kDifferent,
  // A statement keeps everybody out of a table. Whatever the others are by now:
  // reading all of them would have to wait for it.
  kLocked,
};

// Whether each table is still the one that was surveyed, as far as its kind,
// its engine and its CREATE_TIME tell, and each view defined as it was. Not so
// once a table that was not settled (TableShape) is. Costs one question, which
// asks for nothing else of their databases and waits for no lock, and one more
// where there are views: cheap enough to be asked all the time.
absl::StatusOr<Comparison> CompareWithSurveys(
    Connection& connection, absl::Span<const TableSurvey* const> surveys);

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_TABLE_SURVEY_H_
