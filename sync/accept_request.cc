#include "sync/accept_request.h"

#include <errno.h>
#include <unistd.h>

#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "schema/config/cf_file.h"
#include "schema/runtime/digest.h"
#include "sync/small_file.h"

namespace postmirror {
namespace {

// A map's name is a path: its hash makes a file name of it.
std::string FilePath(absl::string_view folder, absl::string_view map,
                     absl::string_view ending) {
  return absl::StrCat(folder, "/accept-", DigestText(map), ".", ending);
}

std::string ValueOf(const CfFile& file, absl::string_view name) {
  const CfEntry* entry = file.Find(name);
  return entry == nullptr ? std::string() : entry->value;
}

bool TakeNumber(const CfFile& file, absl::string_view name, uint64_t* number) {
  return absl::SimpleAtoi(ValueOf(file, name), number);
}

absl::StatusOr<std::optional<CfFile>> ReadIfThere(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadSmallFile(path);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) return text.status();
  absl::StatusOr<CfFile> file = CfFile::Parse(path, *text);
  if (!file.ok()) return absl::DataLossError(file.status().message());
  return *std::move(file);
}

absl::Status Remove(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return absl::PermissionDeniedError(
      absl::StrCat(path, ": unlink: ", std::strerror(errno)));
}

}  // namespace

absl::Status PostAcceptRequest(absl::string_view folder,
                               const AcceptRequest& request) {
  return ReplaceFile(
      FilePath(folder, request.map, "request"),
      absl::StrCat("map = ", request.map, "\nid = ", request.id,
                   "\nremovals = ", request.removals,
                   "\nvalues = ", request.values, "\ndigest = ", request.digest,
                   "\nrequested_ns = ", absl::ToUnixNanos(request.requested),
                   "\n"));
}

absl::Status WithdrawAcceptRequest(absl::string_view folder,
                                   absl::string_view map) {
  return Remove(FilePath(folder, map, "request"));
}

absl::StatusOr<std::optional<AcceptAnswer>> TakeAcceptAnswer(
    absl::string_view folder, absl::string_view map, absl::string_view id) {
  const std::string path = FilePath(folder, map, "answer");
  const absl::StatusOr<std::optional<CfFile>> file = ReadIfThere(path);
  if (!file.ok()) return file.status();
  if (!file->has_value() || ValueOf(**file, "id") != id) return std::nullopt;
  if (absl::Status removed = Remove(path); !removed.ok()) return removed;
  AcceptAnswer answer{.id = std::string(id),
                      .applied = ValueOf(**file, "applied") == "yes",
                      .reason = ValueOf(**file, "reason")};
  if (!TakeNumber(**file, "removals", &answer.removals) ||
      !TakeNumber(**file, "values", &answer.values) ||
      !TakeNumber(**file, "held", &answer.held)) {
    return absl::DataLossError(absl::StrCat(path, ": is no answer for ", map));
  }
  return answer;
}

absl::StatusOr<std::optional<AcceptRequest>> TakeAcceptRequest(
    absl::string_view folder, absl::string_view map) {
  const std::string path = FilePath(folder, map, "request");
  const absl::StatusOr<std::optional<CfFile>> file = ReadIfThere(path);
  if (file.ok() && !file->has_value()) return std::nullopt;
  if (absl::Status removed = Remove(path); !removed.ok()) return removed;
  if (!file.ok()) return file.status();
  AcceptRequest request{.map = ValueOf(**file, "map"),
                        .id = ValueOf(**file, "id"),
                        .digest = ValueOf(**file, "digest"),
                        .requested = {}};
  int64_t requested_ns = 0;
  if (request.map != map || request.id.empty() ||
      !TakeNumber(**file, "removals", &request.removals) ||
      !TakeNumber(**file, "values", &request.values) ||
      !absl::SimpleAtoi(ValueOf(**file, "requested_ns"), &requested_ns)) {
    return absl::DataLossError(absl::StrCat(path, ": is no request for ", map));
  }
  request.requested = absl::FromUnixNanos(requested_ns);
  return request;
}

absl::Status PostAcceptAnswer(absl::string_view folder, absl::string_view map,
                              const AcceptAnswer& answer) {
  return ReplaceFile(
      FilePath(folder, map, "answer"),
      absl::StrCat(
          "id = ", answer.id, "\napplied = ", answer.applied ? "yes" : "no",
          "\nreason = ", answer.reason, "\nremovals = ", answer.removals,
          "\nvalues = ", answer.values, "\nheld = ", answer.held, "\n"));
}

}  // namespace postmirror
