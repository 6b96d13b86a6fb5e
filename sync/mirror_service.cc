#include "sync/mirror_service.h"

#include <signal.h>

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/metrics_watch.h"
#include "schema/store/environment.h"
#include "sync/collation_tables.h"
#include "sync/folder_rights.h"
#include "sync/lock_watch.h"
#include "sync/mariadb/mariadb_library.h"
#include "sync/mariadb/socket_watch.h"
#include "sync/mirror_loop.h"
#include "sync/mirror_store.h"
#include "sync/reader_watch.h"
#include "sync/running_mark.h"
#include "sync/socket_owners.h"
#include "sync/status_board.h"
#include "sync/status_line.h"
#include "sync/stop_signal.h"
#include "sync/sync_metrics.h"

namespace postmirror {
namespace {

// Maps that postmirror.cf does not name any more are kept so long, so that a
// proxy that was not reloaded yet still finds them.
constexpr absl::Duration kKeepUnconfigured = absl::Hours(1);
constexpr absl::Duration kTidyInterval = absl::Minutes(1);

sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// What every connection of the plan goes by.
void ConnectWith(SocketOwners* owners, SocketWatch* watch, MirrorPlan* plan) {
  for (ServerPlan& server : plan->servers) {
    for (Group& group : server.groups) {
      group.owners = owners;
      group.watch = watch;
    }
  }
}

struct Configuration {
  Config config;
  MirrorPlan plan;
};

class MirrorService {
 public:
  MirrorService(Configuration configuration, Supervisor* supervisor,
                Logger* logger)
      : signals_(BlockSignals()),
        collations_(FormatFolder(configuration.config.store)),
        owners_(configuration.config.store),
        configuration_(std::move(configuration)),
        running_mark_(configuration_.config.status_folder),
        metrics_(FormatFolder(configuration_.config.store), &clock_),
        supervisor_(supervisor),
        logger_(*logger) {}

  absl::Status Run();

 private:
  using Loops = std::vector<std::unique_ptr<MirrorLoop>>;

  absl::Status MirrorUntilChanged();
  Loops MakeLoops(MirrorStore* store, StatusBoard* board,
                  const StopSignal* stop);
  void WaitUntilEnded(const std::future<void>& loop, const Loops& loops);
  void ShowLife(const Loops& loops);
  void ShowRuns();
  absl::Duration LookInterval() const;
  bool WaitForChange(const Loops& loops, StatusBoard* board,
                     MirrorStore* store);
  void NoteUnconfigured(const MirrorStore& store);
  void Tidy(absl::Duration running, MirrorStore* store, ReaderWatch* readers);
  bool Reload(const StatusBoard& board);
  void KeepUntilRestart(absl::string_view setting, const std::string& former,
                        std::string* wanted);
  absl::StatusOr<Configuration> ReadAnew();
  void ServeMetrics();
  std::string Status(const SyncStatus& status) const;

  const sigset_t signals_;
  const MariadbLibrary library_;
  const SystemClock clock_;
  CollationTables collations_;
  SocketOwners owners_;
  Configuration configuration_;  // the loops read it while they run
  std::optional<Configuration> next_;
  RunningMark running_mark_;
  std::string unmarked_;  // why the mark could not be set, as it was said
  SyncMetrics metrics_;
  Supervisor* const supervisor_;
  Logger& logger_;
  bool stopped_ = false;
  bool reloaded_ = false;
  MetricsWatch metrics_watch_{"sync_metrics_listen",
                              [this] { return metrics_.Collect(); }, &clock_,
                              &logger_};
};

absl::Status MirrorService::Run() {
  logger_.Notice("postmirror-sync " POSTMIRROR_VERSION " started");
  while (!stopped_) {
    if (absl::Status mirrored = MirrorUntilChanged(); !mirrored.ok()) {
      return mirrored;
    }
  }
  supervisor_->Stopping();
  logger_.Notice("postmirror-sync stopped");
  return absl::OkStatus();
}

// Mirrors what one configuration says, until there is another one.
absl::Status MirrorService::MirrorUntilChanged() {
  auto& [config, plan] = configuration_;
  for (const std::string& warning : plan.warnings) logger_.Warning(warning);
  SocketWatch watch;
  ConnectWith(&owners_, &watch, &plan);
  if (const std::string open = WarnOfOpenStore(config); !open.empty()) {
    logger_.Warning(open);
  }
  if (absl::Status serves = CheckServes(config); !serves.ok()) {
    logger_.Warning(
        absl::StrCat(serves.message(),
                     ", then reload postmirror-sync and postmirror-proxy"));
  }
  ShowRuns();
  StatusBoard board(config.status_folder, plan.servers.size(), &clock_,
                    &logger_, [this](const SyncStatus& status) {
                      supervisor_->Status(Status(status));
                    });
  MirrorStore store(config.store, config.max_shrink, &clock_, &logger_);
  store.TellDamage([&board](const std::string& fault) {
    board.PostStoreFault(StatusBoard::StoreFault::kDamaged, fault);
  });
  auto lock_watch = std::make_unique<LockWatch>(
      FormatFolder(config.store), &store.lock_wait(),
      [&board](const std::string& fault) {
        board.PostStoreFault(StatusBoard::StoreFault::kLocked, fault);
      },
      &logger_);
  absl::Status opened = store.Open();
  // A full disk may have room later, and damage is mended by the first
  // snapshot; what has no permission will not heal. After a reload it was open
  // before, and the loops try again.
  if (!opened.ok() && !reloaded_ && !absl::IsResourceExhausted(opened) &&
      !absl::IsDataLoss(opened)) {
    return opened;
  }
  NoteUnconfigured(store);
  metrics_.Watch(&board, &store);
  const absl::Cleanup forget = [this] { metrics_.Forget(); };
  ServeMetrics();
  StopSignal stop;
  const Loops loops = MakeLoops(&store, &board, &stop);
  std::vector<std::future<void>> running;
  for (const auto& loop : loops) {
    running.push_back(
        std::async(std::launch::async, &MirrorLoop::Run, loop.get()));
  }
  supervisor_->Ready(Status(board.Current()));
  stopped_ = !WaitForChange(loops, &board, &store);
  stop.Stop();
  watch.Cancel();
  for (const auto& loop : loops) loop->Cancel();
  for (const std::future<void>& loop : running) WaitUntilEnded(loop, loops);
  lock_watch.reset();  // what it posts goes by the configuration
  if (next_.has_value()) configuration_ = *std::exchange(next_, std::nullopt);
  reloaded_ = true;
  return absl::OkStatus();
}

// A proxy that was not reloaded answers from such a map, which nobody follows.
void MirrorService::NoteUnconfigured(const MirrorStore& store) {
  const std::vector<std::string> names = configuration_.config.MapNames();
  if (names.empty()) return;  // and nothing is dropped
  for (const auto& [map, entries] : store.Entries()) {
    if (std::find(names.begin(), names.end(), map) != names.end()) continue;
    logger_.Notice(
        absl::StrCat("map ", map,
                     ": not followed any more, since postmirror.cf does not "
                     "name it, and dropped after ",
                     absl::FormatDuration(kKeepUnconfigured),
                     ": reload postmirror-proxy, if it was not"));
  }
}

MirrorService::Loops MirrorService::MakeLoops(MirrorStore* store,
                                              StatusBoard* board,
                                              const StopSignal* stop) {
  const auto& [config, plan] = configuration_;
  Loops loops;
  for (size_t i = 0; i < plan.servers.size(); ++i) {
    loops.push_back(std::make_unique<MirrorLoop>(
        &plan.servers[i], i, FormatFolder(config.store),
        MirrorLoop::Surroundings{.config = &config,
                                 .store = store,
                                 .board = board,
                                 .metrics = &metrics_,
                                 .collations = &collations_,
                                 .clock = &clock_,
                                 .logger = &logger_,
                                 .stop = stop}));
  }
  return loops;
}

// A loop that applies a snapshot ends once it is applied, which may take long.
void MirrorService::WaitUntilEnded(const std::future<void>& loop,
                                   const Loops& loops) {
  while (loop.wait_for(absl::ToChronoMilliseconds(LookInterval())) !=
         std::future_status::ready) {
    ShowLife(loops);
  }
}

void MirrorService::ShowLife(const Loops& loops) {
  if (std::none_of(loops.begin(), loops.end(),
                   [](const auto& loop) { return loop->IsStuck(); })) {
    supervisor_->Alive();
  }
}

// The mirror matters more than what is said of it.
void MirrorService::ShowRuns() {
  const absl::Status set = running_mark_.Set();
  if (!set.ok() && absl::string_view(unmarked_) != set.message()) {
    logger_.Warning(absl::StrCat(
        "status_folder: ", set.message(),
        "; postmirrorctl status will say that postmirror-sync is not running: "
        "make the folder, and give it to this user"));
  }
  unmarked_ = std::string(set.message());
}

// How often something is due in this thread.
absl::Duration MirrorService::LookInterval() const {
  if (!unmarked_.empty()) return absl::Seconds(1);
  const absl::Duration alive = supervisor_->alive_interval();
  return alive > absl::ZeroDuration() ? std::min(alive, kTidyInterval)
                                      : kTidyInterval;
}

// Looks after the store and the loops until SIGTERM or SIGINT (false), or until
// the configuration is another one (true).
bool MirrorService::WaitForChange(const Loops& loops, StatusBoard* board,
                                  MirrorStore* store) {
  const Moment started = clock_.Now();
  std::optional<Moment> tidied;
  ReaderWatch readers(
      FormatFolder(configuration_.config.store),
      [board](const std::string& doubt) { board->PostStoreDoubt(doubt); },
      &logger_);
  for (;;) {
    const Moment now = clock_.Now();
    if (!tidied.has_value() || Elapsed(*tidied, now) >= kTidyInterval) {
      Tidy(Elapsed(started, now), store, &readers);
      tidied = now;
      metrics_watch_.Tick();
    }
    ShowLife(loops);
    ShowRuns();
    const timespec pause = absl::ToTimespec(LookInterval());
    const int signal = sigtimedwait(&signals_, nullptr, &pause);
    if (signal == SIGHUP && Reload(*board)) return true;
    if (signal == SIGTERM || signal == SIGINT) return false;
  }
}

void MirrorService::Tidy(absl::Duration running, MirrorStore* store,
                         ReaderWatch* readers) {
  const Config& config = configuration_.config;
  const auto late = store->ClearStaleReaders();
  absl::Status tidied = late.status();
  if (tidied.ok() && late->has_value()) readers->Look(**late, clock_.Now());
  const std::vector<std::string> names = config.MapNames();
  if (tidied.ok() && running >= kKeepUnconfigured && !names.empty()) {
    tidied = store->DropAllBut({names.begin(), names.end()});
  }
  // The store itself tells of damage.
  if (!tidied.ok() && !absl::IsDataLoss(tidied)) {
    logger_.Warning(tidied.message());
  }
}

// Whether there is a new configuration.
bool MirrorService::Reload(const StatusBoard& board) {
  supervisor_->Reloading();
  absl::StatusOr<Configuration> read = ReadAnew();
  metrics_.CountReload(read.ok());
  if (!read.ok()) {
    logger_.ErrorLines(
        absl::StrCat(read.status().message(), "\n", configuration_.config.path,
                     " is not reloaded: the running configuration "
                     "stays"));
    supervisor_->Ready(absl::StrCat(
        Status(board.Current()),
        "; not reloaded, for the new configuration is wrong: see the log"));
    return false;
  }
  KeepUntilRestart("store", configuration_.config.store, &read->config.store);
  KeepUntilRestart("status_folder", configuration_.config.status_folder,
                   &read->config.status_folder);
  next_ = *std::move(read);
  logger_.Notice(absl::StrCat("reloaded ", configuration_.config.path));
  return true;
}

void MirrorService::KeepUntilRestart(absl::string_view setting,
                                     const std::string& former,
                                     std::string* wanted) {
  if (*wanted == former) return;
  logger_.Warning(absl::StrCat(
      setting, " is not changed by a reload: restart postmirror-sync"));
  *wanted = former;
}

absl::StatusOr<Configuration> MirrorService::ReadAnew() {
  absl::StatusOr<Config> config = ReadConfig(configuration_.config.path);
  if (!config.ok()) return config.status();
  if (absl::Status serves = CheckServes(*config); !serves.ok()) return serves;
  absl::StatusOr<MirrorPlan> plan = PlanMirror(*config);
  if (!plan.ok()) return plan.status();
  return Configuration{*std::move(config), *std::move(plan)};
}

// The mirror matters more than its metrics: that somebody else has the port is
// no failure.
void MirrorService::ServeMetrics() {
  const std::optional<HostPort>& where =
      configuration_.config.sync_metrics_listen;
  metrics_watch_.Serve(where.has_value() ? where->ToString() : "");
}

std::string MirrorService::Status(const SyncStatus& status) const {
  if (absl::Status serves = CheckServes(configuration_.config); !serves.ok()) {
    return absl::StrCat("not configured: ", serves.message());
  }
  return StatusLine(status);
}

}  // namespace

absl::Status Mirror(Config config, MirrorPlan plan, Supervisor* supervisor,
                    Logger* logger) {
  return MirrorService({std::move(config), std::move(plan)}, supervisor, logger)
      .Run();
}

}  // namespace postmirror
