// postmirror-sync: mirrors the maps of postmirror.cf into the store.
#include <malloc.h>
#include <signal.h>
#include <sys/resource.h>
#include <sysexits.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/command_line.h"
#include "schema/runtime/exit_code.h"
#include "schema/runtime/logger.h"
#include "schema/store/environment.h"
#include "sync/collation_tables.h"
#include "sync/mariadb/mariadb_library.h"
#include "sync/mirror_loop.h"
#include "sync/mirror_plan.h"
#include "sync/mirror_store.h"
#include "sync/status_board.h"
#include "sync/stop_signal.h"

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

// Maps that postmirror.cf does not name any more are kept so long, so that a
// proxy that was not restarted yet still finds them.
constexpr absl::Duration kKeepUnconfigured = absl::Hours(1);

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

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Looks after the store until SIGTERM or SIGINT.
void TidyUntilStopped(const sigset_t& signals, const Config& config,
                      MirrorStore* store, Logger& logger) {
  const std::vector<std::string> names = config.MapNames();
  const std::set<std::string> configured(names.begin(), names.end());
  const timespec minute = {.tv_sec = 60, .tv_nsec = 0};
  absl::Duration running;
  for (;;) {
    absl::Status tidied = store->ClearStaleReaders();
    if (tidied.ok() && running >= kKeepUnconfigured) {
      tidied = store->DropAllBut(configured);
    }
    if (absl::IsDataLoss(tidied)) {
      logger.Error(absl::StrCat("store ", config.store,
                                ": is damaged, and filled anew once the "
                                "database has been read: ",
                                tidied.message()));
    } else if (!tidied.ok()) {
      logger.Warning(tidied.message());
    }
    const int signal = sigtimedwait(&signals, nullptr, &minute);
    if (signal == SIGHUP) {
      logger.Warning(
          "SIGHUP is ignored: postmirror.cf and the map files are read at "
          "start only, a restart of postmirror-sync is needed for a change of "
          "them");
    } else if (signal > 0) {
      return;
    } else {
      running += absl::Minutes(1);
    }
  }
}

void Run(const MirrorPlan& plan, const MirrorLoop::Surroundings& surroundings,
         const std::function<void()>& until_stopped, StopSignal* stop) {
  std::vector<std::unique_ptr<MirrorLoop>> loops;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < plan.servers.size(); ++i) {
    loops.push_back(std::make_unique<MirrorLoop>(
        &plan.servers[i], i, FormatFolder(surroundings.config->store),
        surroundings));
    threads.emplace_back(&MirrorLoop::Run, loops.back().get());
  }
  until_stopped();
  stop->Stop();
  for (const std::unique_ptr<MirrorLoop>& loop : loops) loop->Cancel();
  for (std::thread& thread : threads) thread.join();
}

int Main(int argc, char** argv) {
  StderrLogger logger("postmirror-sync");
  const absl::StatusOr<CommandLine> line = ParseCommandLine(argc, argv);
  if (!line.ok()) return Fail(logger, line.status());
  if (line->help) return std::fputs(kUsage, stdout) < 0;
  if (line->version)
    return std::puts("postmirror-sync " POSTMIRROR_VERSION) < 0;
  if (!line->arguments.empty()) {
    return Fail(logger, absl::OutOfRangeError(absl::StrCat(
                            "an argument is not wanted: ", line->arguments[0],
                            ", see --help")));
  }
  const absl::StatusOr<Config> config = ReadConfig(line->config);
  if (!config.ok()) {
    logger.Error(config.status().message());
    return EX_CONFIG;
  }
  const absl::StatusOr<MirrorPlan> plan = PlanMirror(*config);
  if (!plan.ok()) return Fail(logger, plan.status());
  for (const std::string& warning : plan->warnings) logger.Warning(warning);
  if (line->check) return std::printf("%s: ok\n", line->config.c_str()) < 0;

  YieldToLookups();
  GiveBackLargeMemory();
  const sigset_t signals = BlockSignals();
  const MariadbLibrary library;
  const SystemClock clock;
  MirrorStore store(config->store, config->max_shrink, &clock, &logger);
  const absl::Status opened = store.Open();
  // A full disk may have room later, and damage is mended by the first
  // snapshot; what has no permission will not heal.
  if (!opened.ok() && !absl::IsResourceExhausted(opened) &&
      !absl::IsDataLoss(opened)) {
    return Fail(logger, opened);
  }
  StatusBoard board(FormatFolder(config->store), plan->servers.size(), &clock,
                    &logger);
  CollationTables collations;
  StopSignal stop;
  logger.Notice("postmirror-sync " POSTMIRROR_VERSION " started");
  Run(
      *plan,
      {.config = &*config,
       .store = &store,
       .board = &board,
       .collations = &collations,
       .clock = &clock,
       .logger = &logger,
       .stop = &stop},
      [&] { TidyUntilStopped(signals, *config, &store, logger); }, &stop);
  logger.Notice("postmirror-sync stopped");
  return 0;
}

}  // namespace
}  // namespace postmirror

int main(int argc, char** argv) { return postmirror::Main(argc, argv); }
