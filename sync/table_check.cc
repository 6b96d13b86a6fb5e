#include "sync/table_check.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "sync/map_fault.h"
#include "sync/mariadb/table_shape.h"

namespace postmirror {
namespace {

// What tables are now, each asked once on a connection.
class Shapes {
 public:
  explicit Shapes(Connection* connection) : connection_(connection) {}

  absl::StatusOr<std::optional<TableShape>> Of(const TableName& table) {
    const auto known = shapes_.find(table);
    if (known != shapes_.end()) return known->second;
    absl::StatusOr<std::optional<TableShape>> shape =
        PinTableShape(*connection_, table);
    if (shape.ok()) shapes_.emplace(table, *shape);
    return shape;
  }

 private:
  Connection* connection_;
  std::map<TableName, std::optional<TableShape>> shapes_;
};

enum class Finding {
  kSame,
  kUncertain,  // looks the same, and may have been another one meanwhile
  kDifferent,
};

absl::StatusOr<Finding> Compare(const TableName& table,
                                const TableShape& surveyed, Shapes* shapes) {
  const absl::StatusOr<std::optional<TableShape>> now = shapes->Of(table);
  if (!now.ok()) return now.status();
  if (!now->has_value() || !surveyed.IsSameAs(**now)) {
    return Finding::kDifferent;
  }
  return surveyed.settled ? Finding::kSame : Finding::kUncertain;
}

// Compares the tables of all maps, one of `names` or any if empty. Returns the
// worst of what is found, and puts it of each map of the plan into
// `*of_maps`.
absl::StatusOr<Finding> CompareAll(absl::Span<GroupReader> readers,
                                   const std::set<TableName>& names,
                                   std::vector<Shapes>* shapes,
                                   std::vector<Finding>* of_maps) {
  std::fill(of_maps->begin(), of_maps->end(), Finding::kSame);
  for (size_t i = 0; i < readers.size(); ++i) {
    for (size_t map = 0; map < readers[i].maps.size(); ++map) {
      Finding& worst = (*of_maps)[readers[i].first_map + map];
      for (const auto& [name, surveyed] : readers[i].maps[map].survey.tables) {
        if (!names.empty() && !names.contains(name)) continue;
        const absl::StatusOr<Finding> finding =
            Compare(name, surveyed, &(*shapes)[i]);
        if (!finding.ok()) return finding.status();
        worst = std::max(worst, *finding);
      }
    }
  }
  return *std::max_element(of_maps->begin(), of_maps->end());
}

// The uncertain maps are read whole, so that their tables are from now on what
// they are at this moment.
absl::Status WidenUncertain(absl::Span<GroupReader> readers,
                            const std::vector<Finding>& of_maps,
                            std::vector<Shapes>* shapes, ReadScope* scope) {
  for (size_t i = 0; i < readers.size(); ++i) {
    for (size_t map = 0; map < readers[i].maps.size(); ++map) {
      const size_t number = readers[i].first_map + map;
      if (of_maps[number] != Finding::kUncertain) continue;
      scope->maps[number].Widen();
      for (auto& [name, surveyed] : readers[i].maps[map].survey.tables) {
        const absl::StatusOr<std::optional<TableShape>> now =
            (*shapes)[i].Of(name);
        if (!now.ok()) return now.status();
        if (now->has_value()) surveyed = **now;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTables(absl::Span<GroupReader> readers, ReadScope* scope) {
  if (scope->everything || scope->unproven.empty()) return absl::OkStatus();
  std::vector<Shapes> shapes;
  for (GroupReader& reader : readers) {
    shapes.emplace_back(reader.connection.get());
  }
  std::vector<Finding> of_maps(scope->maps.size());  // of the plan
  absl::StatusOr<Finding> worst =
      CompareAll(readers, scope->unproven, &shapes, &of_maps);
  // It may have taken the place of any other, of which nothing was told then.
  if (worst.ok() && *worst == Finding::kUncertain) {
    worst = CompareAll(readers, {}, &shapes, &of_maps);
  }
  if (IsOfTheMap(worst.status())) worst = Finding::kDifferent;
  if (!worst.ok()) return worst.status();
  if (*worst == Finding::kDifferent) *scope = ReadScope::Everything();
  if (*worst != Finding::kUncertain) return absl::OkStatus();
  return WidenUncertain(readers, of_maps, &shapes, scope);
}

}  // namespace postmirror
