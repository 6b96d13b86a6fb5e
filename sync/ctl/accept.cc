#include <sysexits.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "schema/runtime/exit_code.h"
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
    if (!CheckRuns(config.status_folder).ok()) {
      WithdrawAcceptRequest(folder, request.map).IgnoreError();
      return absl::UnavailableError("postmirror-sync is not running");
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
    return ExitCode(answer.status());
  }
  if (!answer->applied) {
    logger.Error(absl::StrCat("map ", map.name, ": refused: ", answer->reason));
    return kRefused;
  }
  std::printf("map %s: %s\n", map.name.c_str(), Describe(*answer).c_str());
  return EX_OK;
}

}  // namespace

int Accept(const Config& config, const std::string& map, const Clock& clock,
           Logger& logger) {
  if (absl::Status became = BecomeOwner("store", config.store); !became.ok()) {
    logger.Error(became.message());
    return ExitCode(became);
  }
  if (absl::Status runs = CheckRuns(config.status_folder); !runs.ok()) {
    logger.Error(runs.message());
    return EX_TEMPFAIL;
  }
  const absl::StatusOr<SyncStatus> status =
      ReadSyncStatus(config.status_folder);
  if (!status.ok()) {
    logger.Error(status.status().message());
    return ExitCode(status.status());
  }
  std::vector<MapStatus> held = HeldMaps(*status);
  if (!map.empty()) {
    std::erase_if(held,
                  [&](const MapStatus& other) { return other.name != map; });
  }
  if (held.empty()) {
    logger.Error(map.empty() ? "no map is held"
                             : absl::StrCat("map ", map, " is not held"));
    return kRefused;
  }
  int worst = EX_OK;
  for (const MapStatus& one : held) {
    worst = std::max(worst, AcceptOne(config, one, clock, logger));
  }
  return worst;
}

}  // namespace postmirror
