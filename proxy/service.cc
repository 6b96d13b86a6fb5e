#include "proxy/service.h"

#include <signal.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "proxy/acceptor.h"
#include "proxy/client_counts.h"
#include "proxy/client_limit.h"
#include "proxy/hand_over.h"
#include "proxy/listen_plan.h"
#include "proxy/lookup/store_watch.h"
#include "proxy/lookup/wake_up_lookup.h"
#include "proxy/map_switch.h"
#include "proxy/metrics/proxy_metrics.h"
#include "proxy/net/peer.h"
#include "proxy/net/trigger.h"
#include "proxy/protocol/codec_set.h"
#include "proxy/pulse.h"
#include "proxy/status_line.h"
#include "proxy/status_socket.h"
#include "proxy/worker.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/metrics_watch.h"
#include "schema/store/store_reader.h"

namespace postmirror {
namespace {

class Service {
 public:
  Service(const Config& config, Supervisor* supervisor, Logger* logger)
      : wanted_(config),
        serving_(std::make_shared<const Config>(config)),
        supervisor_(supervisor),
        logger_(logger),
        metrics_(static_cast<size_t>(config.proxy_threads)),
        store_(config.store),
        store_watch_([this] { return store_.Refresh(); }, logger) {}

  absl::Status Start();
  void Run();

 private:
  absl::Status StartWorkers();
  absl::Status StartTriggers();
  absl::Status StartListeners();
  absl::Status Bind(const Config& config);
  void BindLost();
  void Reload();
  absl::Status Follow(Config config);
  void KeepUntilRestart(Config* config);
  void SwitchOnceFilled();
  void Replace(size_t worker, std::shared_ptr<const Config> config);
  void ServeMonitoring();
  std::string StatusLine() const {
    return ProxyStatusLine(wanted_, store_watch_.status(), waiting_);
  }
  void LookAtStore();
  ProxyStatus Describe();
  void Tick();

  Config wanted_;  // as postmirror.cf was read last
  // What is answered from: wanted_, or the one before until maps are filled.
  std::shared_ptr<const Config> serving_;
  std::vector<std::string> waiting_;  // WaitingParameters()
  std::string unbound_;               // why BindLost could not, last
  Moment waiting_since_;              // while there are any
  Supervisor* const supervisor_;
  Logger* const logger_;
  const SystemClock now_;
  const CodecSet codecs_;
  ClientCounts clients_{ReadLocalUsers()};
  ProxyMetrics metrics_;
  StoreReader store_;
  StoreWatch store_watch_;
  std::vector<std::unique_ptr<WakeUpLookup>> lookups_;  // one a worker
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Trigger> stop_;
  std::unique_ptr<Trigger> hang_up_;
  std::unique_ptr<Trigger> clock_;
  std::unique_ptr<Acceptor> acceptor_;
  std::unique_ptr<Pulse> pulse_;
  StatusSocket status_socket_{[this] {
                                pulse_->OnceAllAnswer([this] {
                                  LookAtStore();
                                  status_socket_.Answer(Describe());
                                });
                              },
                              logger_};
  // The last member: its threads look at the others.
  MetricsWatch metrics_watch_{
      "proxy_metrics_listen",
      [this] {
        return metrics_.Collect({.connections = clients_.ByListener(),
                                 .accepted = acceptor_->accepted(),
                                 .turned_away = acceptor_->turned_away(),
                                 .client_limit = acceptor_->client_limit(),
                                 .store_open = store_watch_.open()});
      },
      &now_, logger_};
};

absl::Status Service::Start() {
  // First of all: the workers need descriptors, too. How many listeners the
  // service manager has passed is not known yet.
  const int client_limit = AffordableClients(
      wanted_, static_cast<int>(wanted_.listen.size()), logger_);
  if (absl::Status started = StartWorkers(); !started.ok()) return started;
  std::vector<Worker*> workers;
  for (const auto& worker : workers_) workers.push_back(worker.get());
  acceptor_ =
      std::make_unique<Acceptor>(workers, client_limit, &clients_, logger_);
  pulse_ = std::make_unique<Pulse>(std::move(workers));
  if (absl::Status started = StartTriggers(); !started.ok()) return started;
  // Before what may have to wait.
  status_socket_.Publish(ConfiguredStatus(wanted_));
  ServeMonitoring();
  // Before a client that was kept can ask.
  store_watch_.Tick();
  if (absl::Status started = StartListeners(); !started.ok()) return started;
  status_socket_.Publish(Describe());
  return absl::OkStatus();
}

absl::Status Service::StartWorkers() {
  lookups_.resize(static_cast<size_t>(wanted_.proxy_threads));
  for (size_t i = 0; i < lookups_.size(); ++i) {
    lookups_[i] =
        std::make_unique<WakeUpLookup>(serving_, &store_, &now_, logger_);
    // Replaced by a reload, in the worker's thread.
    std::unique_ptr<WakeUpLookup>* const lookup = &lookups_[i];
    Worker::Work work;
    work.lookup = [lookup](size_t parameter, absl::string_view key,
                           std::string* value) {
      return (*lookup)->Lookup(parameter, key, value);
    };
    work.before_waiting = [lookup] { (*lookup)->End(); };
    work.counts = metrics_.counts(i);
    absl::StatusOr<std::unique_ptr<Worker>> worker =
        Worker::Create(std::move(work), &clients_);
    if (!worker.ok()) return worker.status();
    workers_.push_back(*std::move(worker));
  }
  return absl::OkStatus();
}

absl::Status Service::StartTriggers() {
  EventLoop* const loop = workers_.front()->loop();
  absl::StatusOr<std::unique_ptr<Trigger>> stop = Trigger::OnSignals(
      {SIGTERM, SIGINT}, loop, [this] { workers_.front()->Stop(); });
  if (!stop.ok()) return stop.status();
  stop_ = *std::move(stop);
  absl::StatusOr<std::unique_ptr<Trigger>> hang_up =
      Trigger::OnSignals({SIGHUP}, loop, [this] { Reload(); });
  if (!hang_up.ok()) return hang_up.status();
  hang_up_ = *std::move(hang_up);
  absl::StatusOr<std::unique_ptr<Trigger>> clock =
      Trigger::Every(absl::Seconds(1), loop, [this] { Tick(); });
  if (!clock.ok()) return clock.status();
  clock_ = *std::move(clock);
  return absl::OkStatus();
}

absl::Status Service::Bind(const Config& config) {
  absl::StatusOr<ListenPlan> plan =
      PlanListen(config, acceptor_->Addresses(), codecs_);
  return plan.ok() ? acceptor_->Follow(*std::move(plan)) : plan.status();
}

void Service::BindLost() {
  if (!acceptor_->HasLost()) return;
  const std::string fault(Bind(wanted_).message());
  if (fault.empty() || fault != unbound_) {
    logger_->Warning(absl::StrCat("the file of a unix socket is gone: ",
                                  fault.empty() ? "it is made again" : fault));
  }
  unbound_ = fault;
}

absl::Status Service::StartListeners() {
  TakeDescriptors(supervisor_, codecs_, acceptor_.get(), logger_);
  if (absl::Status bound = Bind(wanted_); !bound.ok()) return bound;
  // Some that were passed may have no entry; they have clients, too.
  if (const int listeners = acceptor_->Listeners();
      listeners > static_cast<int>(wanted_.listen.size())) {
    acceptor_->set_client_limit(AffordableClients(wanted_, listeners, logger_));
  }
  for (const ListenEntry& entry : wanted_.listen) {
    logger_->Notice(absl::StrCat("listening on ", entry.ToString()));
  }
  return absl::OkStatus();
}

void Service::Reload() {
  supervisor_->Reloading();
  absl::StatusOr<Config> config = ReadConfig(wanted_.path);
  absl::Status reloaded = config.status();
  if (reloaded.ok()) reloaded = CheckServes(*config);
  if (reloaded.ok()) reloaded = Follow(*std::move(config));
  metrics_.CountReload(reloaded.ok());
  if (reloaded.ok()) {
    logger_->Notice(absl::StrCat("reloaded ", wanted_.path));
  } else {
    logger_->ErrorLines(
        absl::StrCat(reloaded.message(), "\n", wanted_.path,
                     " is not reloaded: the running configuration "
                     "stays"));
  }
  supervisor_->Ready(StatusLine());
}

absl::Status Service::Follow(Config config) {
  KeepUntilRestart(&config);
  if (absl::Status bound = Bind(config); !bound.ok()) return bound;
  wanted_ = std::move(config);
  acceptor_->set_client_limit(
      AffordableClients(wanted_, acceptor_->Listeners(), logger_));
  clients_.set_users(ReadLocalUsers());  // Postfix may be there by now
  SwitchOnceFilled();
  ServeMonitoring();
  // Their address may have an entry now.
  for (const auto& worker : workers_) {
    worker->Post(
        [this, worker = worker.get()] { worker->Dismiss(codecs_.unserved()); });
  }
  return absl::OkStatus();
}

void Service::KeepUntilRestart(Config* config) {
  const auto warn = [this](absl::string_view setting) {
    logger_->Warning(absl::StrCat(
        setting, " is not changed by a reload: restart postmirror-proxy"));
  };
  if (config->store != wanted_.store) warn("store");
  if (config->proxy_threads != wanted_.proxy_threads) warn("proxy_threads");
  config->store = wanted_.store;
  config->proxy_threads = wanted_.proxy_threads;
}

void Service::SwitchOnceFilled() {
  // A view is made while no other of this thread is at a moment.
  lookups_.front()->End();
  std::vector<std::string> waiting =
      WaitingInStore(wanted_, *serving_, &store_);
  if (waiting != waiting_ && !waiting.empty()) {
    logger_->Notice(absl::StrCat(
        "lookups are answered as before the reload until the maps of these are "
        "filled: ",
        absl::StrJoin(waiting, ", ")));
  }
  if (waiting_.empty()) waiting_since_ = now_.Now();
  waiting_ = std::move(waiting);
  if (!waiting_.empty() || wanted_ == *serving_) return;
  serving_ = std::make_shared<const Config>(wanted_);
  Replace(0, serving_);
  for (size_t i = 1; i < workers_.size(); ++i) {
    workers_[i]->Post([this, i, config = serving_] { Replace(i, config); });
  }
}

// In the thread of that worker.
void Service::Replace(size_t worker, std::shared_ptr<const Config> config) {
  lookups_[worker]->End();
  lookups_[worker] = std::make_unique<WakeUpLookup>(std::move(config), &store_,
                                                    &now_, logger_);
}

// Mail must flow though somebody else has the address: that is no failure.
void Service::ServeMonitoring() {
  const std::optional<HostPort>& where = wanted_.proxy_metrics_listen;
  metrics_watch_.Serve(where.has_value() ? where->ToString() : "");
  metrics_.Enable(metrics_watch_.serves());
  status_socket_.Serve(wanted_.status_socket);
}

// To be published where every thread is known to go on now.
ProxyStatus Service::Describe() {
  ProxyStatus status = ConfiguredStatus(wanted_);
  const std::set<std::string> listeners = acceptor_->Addresses();
  status.listeners.assign(listeners.begin(), listeners.end());
  status.clients = static_cast<uint64_t>(clients_.All());
  status.client_limit = static_cast<uint64_t>(acceptor_->client_limit());
  lookups_.front()->Describe(&status);
  if (!store_watch_.status().ok()) {
    status.temporary = std::string(store_watch_.status().message());
  }
  status.waiting = waiting_;
  if (!waiting_.empty()) {
    status.waiting_for = Elapsed(waiting_since_, now_.Now());
  }
  return status;
}

void Service::LookAtStore() {
  // The store cannot be reopened under a lookup of this very wake-up.
  lookups_.front()->End();
  store_watch_.Tick();
  if (!waiting_.empty()) SwitchOnceFilled();
}

void Service::Tick() {
  LookAtStore();
  acceptor_->Tick();
  BindLost();
  metrics_watch_.Tick();
  metrics_.Enable(metrics_watch_.serves());
  status_socket_.Serve(wanted_.status_socket);
  supervisor_->Status(StatusLine());
  if (!pulse_->Beat()) return;
  status_socket_.Publish(Describe());
  supervisor_->Alive();
}

void Service::Run() {
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers_.size(); ++i) {
    threads.emplace_back([worker = workers_[i].get()] { worker->Run(); });
  }
  if (absl::Status serves = CheckServes(wanted_); !serves.ok()) {
    logger_->Warning(absl::StrCat(serves.message(),
                                  ", then reload postmirror-sync and "
                                  "postmirror-proxy"));
  }
  supervisor_->Ready(StatusLine());
  workers_.front()->Run();
  supervisor_->Stopping();
  for (size_t i = 1; i < workers_.size(); ++i) workers_[i]->Stop();
  for (std::thread& thread : threads) thread.join();
  HandOverClients(workers_, codecs_, supervisor_);
}

}  // namespace

absl::Status Serve(const Config& config, Supervisor* supervisor,
                   Logger* logger) {
  // A client that closes early, or a log that nobody reads, must not end us.
  signal(SIGPIPE, SIG_IGN);
  logger->Notice(absl::StrCat("postmirror-proxy ", POSTMIRROR_VERSION,
                              ", parameters: ", config.served.size(),
                              ", threads: ", config.proxy_threads,
                              ", store: ", config.store));
  Service service(config, supervisor, logger);
  if (absl::Status started = service.Start(); !started.ok()) return started;
  service.Run();
  logger->Notice("stopped");
  return absl::OkStatus();
}

}  // namespace postmirror
