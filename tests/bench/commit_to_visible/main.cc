// Measures how long a committed change takes until it is visible to whoever
// polls for it. Started by tests/bench/run, which makes the servers; prints
// what it measured, one line each, for others to make statistics of:
//
//   change TARGET COMMIT_NS VISIBLE_NS      one single change
//   load TARGET CHANGES_PER_SECOND          reached beside them, once a phase
//   batch TARGET COMMITTED_NS LAG_NS        one batch
//   rate TARGET ROWS_PER_SECOND             reached by the batches
#include <sysexits.h>

#include <cinttypes>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "schema/runtime/exit_code.h"
#include "sync/mariadb/mariadb_library.h"
#include "tests/bench/commit_to_visible/batch_changes.h"
#include "tests/bench/commit_to_visible/single_changes.h"
#include "tests/bench/commit_to_visible/socketmap_poller.h"
#include "tests/bench/commit_to_visible/sql_poller.h"
#include "tests/bench/commit_to_visible/target.h"

namespace postmirror {
namespace {

constexpr char kUsage[] =
    "usage: commit_to_visible single CHANGES ROUNDS LOAD TARGET...\n"
    "       commit_to_visible batch ROWS_PER_SECOND SECONDS TARGET...\n\n"
    "A TARGET is three words: its name, the unix socket of the MariaDB on "
    "which\n"
    "the changes are made, and who is polled for them: socketmap:SOCKET:MAP, "
    "or\n"
    "sql:SOCKET of a MariaDB. The targets take turns, a phase each: ROUNDS "
    "times\n"
    "with CHANGES each beside LOAD other changes a second, or once.\n";

using Words = absl::Span<char* const>;

absl::StatusOr<std::unique_ptr<Poller>> OpenPoller(absl::string_view address) {
  const std::vector<std::string> parts = absl::StrSplit(address, ':');
  if (parts.size() == 3 && parts[0] == "socketmap") {
    return SocketmapPoller::Open(parts[1], parts[2]);
  }
  if (parts.size() == 2 && parts[0] == "sql") return SqlPoller::Open(parts[1]);
  return absl::OutOfRangeError(absl::StrCat(address, ": no such poller"));
}

absl::StatusOr<std::vector<Target>> OpenTargets(Words words) {
  std::vector<Target> targets;
  for (size_t i = 0; i + 2 < words.size(); i += 3) {
    auto poller = OpenPoller(words[i + 2]);
    if (!poller.ok()) return poller.status();
    targets.push_back({words[i], words[i + 1], *std::move(poller)});
  }
  return targets;
}

absl::Status Of(const Target& target, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(target.name, ": ", status.message()));
}

absl::Status RunSingle(absl::Span<const int> numbers,
                       const std::vector<Target>& targets) {
  for (int round = 0; round < numbers[1]; ++round) {
    for (const Target& target : targets) {
      const auto phase = MeasureSingleChanges(target, numbers[0], numbers[2]);
      if (!phase.ok()) return Of(target, phase.status());
      const char* name = target.name.c_str();
      for (const SingleChange& change : phase->changes) {
        std::printf("change %s %" PRId64 " %" PRId64 "\n", name,
                    change.commit.count(), change.visible.count());
      }
      std::printf("load %s %.1f\n", name, phase->load_per_second);
    }
  }
  return absl::OkStatus();
}

absl::Status RunBatch(absl::Span<const int> numbers,
                      const std::vector<Target>& targets) {
  for (const Target& target : targets) {
    const auto phase = MeasureBatchChanges(target, numbers[0], numbers[1]);
    if (!phase.ok()) return Of(target, phase.status());
    const char* name = target.name.c_str();
    for (const BatchChange& batch : phase->batches) {
      std::printf("batch %s %" PRId64 " %" PRId64 "\n", name,
                  batch.committed.count(), batch.lag.count());
    }
    std::printf("rate %s %.1f\n", name, phase->rows_per_second);
  }
  return absl::OkStatus();
}

absl::Status Run(Words words) {
  const bool single = !words.empty() && words[0] == std::string("single");
  const bool batch = !words.empty() && words[0] == std::string("batch");
  const size_t count = single ? 3 : 2;
  if ((!single && !batch) || words.size() < count + 4 ||
      (words.size() - count - 1) % 3 != 0) {
    return absl::OutOfRangeError(kUsage);
  }
  std::vector<int> numbers(count);
  for (size_t i = 0; i < count; ++i) {
    if (!absl::SimpleAtoi(words[i + 1], &numbers[i]) || numbers[i] < 0) {
      return absl::OutOfRangeError(kUsage);
    }
  }
  const auto targets = OpenTargets(words.subspan(count + 1));
  if (!targets.ok()) return targets.status();
  return single ? RunSingle(numbers, *targets) : RunBatch(numbers, *targets);
}

}  // namespace
}  // namespace postmirror

int main(int argc, char** argv) {
  const postmirror::MariadbLibrary library;
  const absl::Status status = postmirror::Run(
      absl::MakeConstSpan(argv, static_cast<size_t>(argc)).subspan(1));
  if (!status.ok()) {
    std::fprintf(stderr, "commit_to_visible: %s\n",
                 std::string(status.message()).c_str());
  }
  return postmirror::ExitCode(status);
}
