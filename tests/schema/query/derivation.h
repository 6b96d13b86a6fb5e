// What the tests of the derivation say: what became of a query.
#ifndef POSTMIRROR_TESTS_SCHEMA_QUERY_DERIVATION_H_
#define POSTMIRROR_TESTS_SCHEMA_QUERY_DERIVATION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "schema/query/mirror_query.h"

namespace postmirror {

// The SQL of a mirror query, or its refusal in angle brackets.
inline std::string SqlOf(const absl::StatusOr<MirrorQuery>& mirror) {
  return mirror.ok() ? mirror->sql
                     : absl::StrCat("<", mirror.status().message(), ">");
}

inline std::string DerivedSql(absl::string_view query) {
  return SqlOf(DeriveMirrorQuery(query));
}

// The reason of a refusal; the SQL in angle brackets if there is none.
inline std::string ReasonOf(const absl::StatusOr<MirrorQuery>& mirror) {
  if (mirror.ok()) return absl::StrCat("<", mirror->sql, ">");
  if (mirror.status().code() != absl::StatusCode::kInvalidArgument)
    return "<another code>";
  return std::string(mirror.status().message());
}

inline std::string DeriveRefusal(absl::string_view query) {
  return ReasonOf(DeriveMirrorQuery(query));
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SCHEMA_QUERY_DERIVATION_H_
