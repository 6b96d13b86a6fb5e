#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/exit_code.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/runtime/plain_file.h"
#include "schema/runtime/standard_streams.h"
#include "schema/store/environment.h"
#include "sync/accept_request.h"
#include "sync/ctl/commands.h"
#include "sync/ctl/folder_owner.h"
#include "sync/running_mark.h"
#include "sync/sync_status.h"

namespace postmirror {
namespace {

constexpr int kRefused = 1;
constexpr absl::Duration kPollInterval = absl::Milliseconds(20);

std::vector<MapStatus> HeldMaps(const SyncStatus& status) {
  std::vector<MapStatus> held;
  for (const ServerStatus& server : status.servers) {
    std::copy_if(server.maps.begin(), server.maps.end(),
                 std::back_inserter(held),
                 [](const MapStatus& map) { return !map.held_digest.empty(); });
  }
  return held;
}

std::string MakeId() {
  std::random_device random;
  return absl::StrCat(absl::Hex(random(), absl::kZeroPad8),
                      absl::Hex(random(), absl::kZeroPad8));
}

// Waits for sync's answer; kUnavailable where none can come.
absl::StatusOr<AcceptAnswer> AwaitAnswer(const Config& config,
                                         const AcceptRequest& request,
                                         const Clock& clock) {
  const std::string folder = FormatFolder(config.store);
  // A read under way ends within the timeouts, and the next one answers.
  const absl::Duration patience =
      2 * (config.read_timeout + config.connect_timeout) + absl::Seconds(10);
  const Moment asked = clock.Now();
  while (Elapsed(asked, clock.Now()) < patience) {
    absl::StatusOr<std::optional<AcceptAnswer>> answer =
        TakeAcceptAnswer(folder, request.map, request.id);
    if (!answer.ok()) return answer.status();
    if (answer->has_value()) return **std::move(answer);
    if (absl::Status runs = CheckRuns(config.status_folder); !runs.ok()) {
      WithdrawAcceptRequest(folder, request.map).IgnoreError();
      return runs;
    }
    absl::SleepFor(kPollInterval);
  }
  return absl::UnavailableError(
      "postmirror-sync has not read the database yet; while it runs, the "
      "request stands for 10 minutes");
}

std::string Describe(const AcceptAnswer& answer) {
  std::string text = absl::StrCat("accepted, ", answer.removals, " removals");
  if (answer.values > 0) {
    absl::StrAppend(&text, " and ", answer.values, " changed values");
  }
  absl::StrAppend(&text, " applied");
  if (answer.held > 0) {
    absl::StrAppend(&text, "; ", answer.held, " that came since are held");
  }
  return text;
}

// That sync does not run, or has not made the store, may pass.
int FailureCode(const absl::Status& status) {
  return absl::IsNotFound(status) ? EX_TEMPFAIL : ExitCode(status);
}

// Keeps other `accept`s away until it is closed: there is one request and one
// answer for a map. Nobody but the folder's owner may open the file, and so
// lock it.
absl::StatusOr<FileDescriptor> HoldRequests(const Config& config) {
  const std::string path =
      absl::StrCat(FormatFolder(config.store), "/accept.lock");
  FileDescriptor file = OpenPlainFile(path, O_RDWR | O_CREAT, 0600);
  if (!file.open()) {
    const std::string text =
        absl::StrCat("store ", path, ": ", PlainFileErrorText(errno));
    return errno == EACCES || errno == EROFS ? absl::PermissionDeniedError(text)
                                             : absl::UnavailableError(text);
  }
  fchmod(file.get(), 0600);  // whatever the umask
  if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return ErrnoStatus(errno, path, "lock");
  return absl::UnavailableError(
      "another postmirrorctl accept is under way: wait for it, then see "
      "postmirrorctl status");
}

int AcceptOne(const Config& config, const MapStatus& map, const Clock& clock,
              Logger& logger) {
  const AcceptRequest request{.map = map.name,
                              .id = MakeId(),
                              .removals = map.held_removals,
                              .values = map.held_values,
                              .digest = map.held_digest,
                              .requested = clock.Now().wall};
  absl::StatusOr<AcceptAnswer> answer;
  if (absl::Status posted =
          PostAcceptRequest(FormatFolder(config.store), request);
      !posted.ok()) {
    answer = posted;
  } else {
    answer = AwaitAnswer(config, request, clock);
  }
  if (!answer.ok()) {
    logger.Error(
        absl::StrCat("map ", map.name, ": ", answer.status().message()));
    return FailureCode(answer.status());
  }
  if (!answer->applied) {
    logger.Error(absl::StrCat("map ", map.name, ": refused: ", answer->reason));
    return kRefused;
  }
  PrintLine(absl::StrCat("map ", map.name, ": ", Describe(*answer)));
  return EX_OK;
}

// The maps that are held, or that one if it is.
absl::StatusOr<std::vector<MapStatus>> FindHeld(
    const Config& config, const std::optional<std::string>& map) {
  if (absl::Status runs = CheckRuns(config.status_folder); !runs.ok()) {
    return runs;
  }
  const absl::StatusOr<SyncStatus> status =
      ReadSyncStatus(config.status_folder);
  if (!status.ok()) return status.status();
  std::vector<MapStatus> held = HeldMaps(*status);
  if (map.has_value()) {
    std::erase_if(held,
                  [&](const MapStatus& other) { return other.name != *map; });
  }
  return held;
}

int AcceptHeld(const Config& config, const std::optional<std::string>& map,
               const Clock& clock, Logger& logger) {
  const absl::StatusOr<std::vector<MapStatus>> held = FindHeld(config, map);
  if (!held.ok()) {
    logger.Error(held.status().message());
    return FailureCode(held.status());
  }
  if (held->empty()) {
    logger.Error(map.has_value() ? absl::StrCat("map ", *map, " is not held")
                                 : "no map is held");
    return kRefused;
  }
  const absl::StatusOr<FileDescriptor> lock = HoldRequests(config);
  if (!lock.ok()) {
    logger.Error(lock.status().message());
    return ExitCode(lock.status());
  }
  int worst = EX_OK;
  for (const MapStatus& one : *held) {
    worst = std::max(worst, AcceptOne(config, one, clock, logger));
  }
  return worst;
}

}  // namespace

int Accept(const Config& config, const std::optional<std::string>& map,
           const Clock& clock, Logger& logger) {
  const absl::StatusOr<Config> ours = BecomeStoreOwner(config);
  if (!ours.ok()) {
    logger.Error(ours.status().message());
    return FailureCode(ours.status());
  }
  return AcceptHeld(*ours, map, clock, logger);
}

}  // namespace postmirror
