// postmirror-sync: mirrors the maps of postmirror.cf into the store.
#include <malloc.h>
#include <sys/resource.h>
#include <sysexits.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "schema/config/config.h"
#include "schema/runtime/command_line.h"
#include "schema/runtime/exit_code.h"
#include "schema/runtime/logger.h"
#include "schema/runtime/standard_streams.h"
#include "schema/runtime/supervisor.h"
#include "sync/folder_rights.h"
#include "sync/mirror_plan.h"
#include "sync/mirror_service.h"

namespace postmirror {
namespace {

constexpr char kUsage[] =
    "usage: postmirror-sync [--config FILE] [--check | --help | --version]\n"
    "Mirrors the maps of postmirror.cf from MariaDB into the store.\n\n"
    "  --config FILE  the configuration (/etc/postmirror/postmirror.cf)\n"
    "  --check        say what is wrong with it and with the map files, and "
    "exit\n"
    "  --help         this text\n"
    "  --version      the version\n";

// A third of what a process of usual priority gets where both want the same
// core: lookups do not wait while a large table is read, and changes are still
// followed at once where every core is busy.
constexpr int kNice = 5;

int Fail(Logger& logger, const absl::Status& status) {
  logger.Error(status.message());
  return ExitCode(status);
}

// Before threads are made, which inherit it. Who started us may have asked for
// less, which stays.
void YieldToLookups() {
  const int given = getpriority(PRIO_PROCESS, 0);
  setpriority(PRIO_PROCESS, 0, std::max(given, kNice));
}

// Rows wait in chunks of a megabyte: each goes back to the system when it is
// freed, instead of lying between what LMDB keeps.
void GiveBackLargeMemory() { mallopt(M_MMAP_THRESHOLD, 1 << 20); }

int Print(Logger& logger, absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  const absl::Status printed = FlushStandardOutput();
  return printed.ok() ? EX_OK : Fail(logger, printed);
}

int Main(int argc, char** argv) {
  HoldStandardStreams();
  StderrLogger logger("postmirror-sync");
  const absl::StatusOr<CommandLine> line = ParseCommandLine(argc, argv);
  if (!line.ok()) return Fail(logger, line.status());
  if (line->help) return Print(logger, kUsage);
  if (line->version) {
    return Print(logger, "postmirror-sync " POSTMIRROR_VERSION "\n");
  }
  if (!line->arguments.empty()) {
    return Fail(logger, absl::OutOfRangeError(
                            absl::StrCat("it takes no argument, and was given ",
                                         line->arguments[0], ", see --help")));
  }
  absl::StatusOr<Config> config = ReadConfig(line->config);
  if (!config.ok()) {
    logger.ErrorLines(config.status().message());
    return EX_CONFIG;
  }
  absl::StatusOr<MirrorPlan> plan = PlanMirror(*config);
  if (!plan.ok()) {
    logger.ErrorLines(plan.status().message());
    return ExitCode(plan.status());
  }
  if (line->check) {
    for (const std::string& warning : plan->warnings) logger.Warning(warning);
    const absl::Status serves = CheckServes(*config);
    if (!serves.ok()) return Fail(logger, serves);
    return Print(logger, absl::StrCat(line->config, ": ok\n"));
  }
  if (absl::Status ours = CheckRoot(*config); !ours.ok()) {
    return Fail(logger, ours);
  }
  YieldToLookups();
  GiveBackLargeMemory();
  Supervisor supervisor;
  const absl::Status mirrored =
      Mirror(*std::move(config), *std::move(plan), &supervisor, &logger);
  return mirrored.ok() ? EX_OK : Fail(logger, mirrored);
}

}  // namespace
}  // namespace postmirror

int main(int argc, char** argv) { return postmirror::Main(argc, argv); }
