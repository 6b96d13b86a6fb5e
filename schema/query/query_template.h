// The `query` template of mysql_table(5): SQL text with db_common's specifiers.
#ifndef POSTMIRROR_SCHEMA_QUERY_QUERY_TEMPLATE_H_
#define POSTMIRROR_SCHEMA_QUERY_QUERY_TEMPLATE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

// Whether `letter` makes a specifier behind a "%": one of s u d S U D 1..9.
bool IsSpecifier(char letter);

struct QueryTemplate {
  struct Specifier {
    char letter;
    size_t offset;  // of its "%" in `sql`

    friend bool operator==(const Specifier&, const Specifier&) = default;
  };

  // The template with "%%" undone. Specifiers stay as they are, so that only
  // `specifiers` tells "%s" from what was "%%s".
  std::string sql;
  std::vector<Specifier> specifiers;  // in the order of the text
};

// Fails with kInvalidArgument on a "%" that begins no specifier, as Postfix
// does.
absl::StatusOr<QueryTemplate> ParseQueryTemplate(absl::string_view query);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_QUERY_QUERY_TEMPLATE_H_
