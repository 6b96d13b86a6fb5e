#include "sync/map_fault.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

namespace postmirror {
namespace {

absl::string_view Cure(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnauthenticated:
      return "correct user and password in the map file, or the account";
    case absl::StatusCode::kResourceExhausted:
      return "raise the limits of the account or of the server";
    case absl::StatusCode::kPermissionDenied:
      return "grant the account what it lacks, or define the view anew with a "
             "definer that exists";
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return "";  // the error says it
    case absl::StatusCode::kInvalidArgument:
      return "shorten it";
    case absl::StatusCode::kNotFound:
      return "restore the table, view or column, or correct the query in the "
             "map file";
    default:
      return "correct the table, or the query in the map file";
  }
}

}  // namespace

std::string MapFault::Text() const {
  const absl::string_view cure = Cure(status.code());
  return absl::StrCat(status.message(), cure.empty() ? "" : "; ", cure);
}

bool IsOfTheMap(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kInvalidArgument:
      return true;
    default:
      return false;
  }
}

bool IsOfTheAccount(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status) ||
         absl::IsResourceExhausted(status) ||
         absl::IsFailedPrecondition(status);
}

absl::Status Joined(const std::vector<MapFault>& faults) {
  return absl::Status(
      faults.front().status.code(),
      absl::StrJoin(faults, "; ", [](std::string* out, const MapFault& fault) {
        absl::StrAppend(out, "map ", fault.map, ": ", fault.status.message());
      }));
}

}  // namespace postmirror
