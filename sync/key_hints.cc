#include "sync/key_hints.h"

#include <optional>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync/mariadb/table_shape.h"

namespace postmirror {
namespace {

// Types whose values are in the binlog as they are selected. Not BINARY: its
// trailing zeros are not.
constexpr absl::string_view kTexts[] = {"varchar", "char",       "tinytext",
                                        "text",    "mediumtext", "longtext"};
constexpr absl::string_view kBytes[] = {"varbinary", "tinyblob", "blob",
                                        "mediumblob", "longblob"};
constexpr absl::string_view kUtf8[] = {"utf8mb4", "utf8mb3", "utf8", "ascii"};

std::optional<HintText> TextOf(const TableColumn& column) {
  if (column.charset.empty()) {
    if (!absl::c_linear_search(kBytes, column.data_type)) return std::nullopt;
    return HintText::kBytes;
  }
  if (!absl::c_linear_search(kTexts, column.data_type)) return std::nullopt;
  if (absl::c_linear_search(kUtf8, column.charset)) return HintText::kUtf8;
  if (column.charset == "latin1") return HintText::kAscii;
  return std::nullopt;
}

absl::StatusOr<std::optional<KeyHints>> Find(const MirroredMap& map,
                                             const TableSurvey& survey,
                                             Connection& connection) {
  if (!map.query.key_select.has_value() || map.mirror_ascii_ci ||
      survey.tables.size() != 1 || !survey.views.empty()) {
    return std::nullopt;
  }
  const auto& [table, shape] = *survey.tables.begin();
  const TableColumn* const column = shape.Find(map.query.key_select->column);
  if (column == nullptr || column->is_virtual) return std::nullopt;
  const std::optional<HintText> text = TextOf(*column);
  if (!text.has_value()) return std::nullopt;
  const absl::StatusOr<bool> indexed =
      IsIndexed(connection, table, column->name);
  if (!indexed.ok()) return indexed.status();
  if (!*indexed) return std::nullopt;
  return KeyHints{.column = column->place, .text = *text};
}

}  // namespace

absl::Status FindKeyHints(absl::Span<GroupReader> readers) {
  for (GroupReader& reader : readers) {
    for (size_t i = 0; i < reader.maps.size(); ++i) {
      PreparedMap& map = reader.maps[i];
      if (!map.fault.ok()) continue;
      const absl::StatusOr<std::optional<KeyHints>> hints =
          Find(reader.group->maps[i], map.survey, *reader.connection);
      if (hints.ok()) {
        map.hints = *hints;
      } else if (IsOfTheMap(hints.status())) {
        map.fault = hints.status();
      } else {
        return hints.status();
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace postmirror
