#include "proxy/service.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "proxy/acceptor.h"
#include "proxy/net/descriptor_limit.h"
#include "proxy/net/listener.h"
#include "proxy/net/trigger.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"
#include "proxy/store_watch.h"
#include "proxy/wake_up_lookup.h"
#include "proxy/worker.h"
#include "schema/runtime/clock.h"
#include "schema/store/store_reader.h"

namespace postmirror {
namespace {

// The store (twice while it is reopened), the triggers, the log, and what was
// inherited.
constexpr int kOtherDescriptors = 64;
// A host name stands for one address of IPv4 and one of IPv6, as a rule.
constexpr int kSocketsAListenEntry = 2;

class Service {
 public:
  Service(const Config& config, Logger* logger)
      : config_(config),
        logger_(logger),
        store_(config.store),
        store_watch_([this] { return store_.Refresh(); }, logger) {}

  absl::Status Start();
  void Run();

 private:
  absl::Status StartWorkers();
  absl::Status StartTriggers();
  absl::Status StartListeners();
  int AffordableClients();
  const Codec* CodecFor(const ListenEntry& entry);
  void Tick();

  const Config& config_;
  Logger* const logger_;
  const SystemClock now_;
  int client_limit_ = 0;  // of the configuration, or what is affordable
  std::atomic<int> clients_ = 0;
  StoreReader store_;
  StoreWatch store_watch_;
  std::vector<std::unique_ptr<WakeUpLookup>> lookups_;  // one a worker
  std::vector<std::unique_ptr<Codec>> codecs_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Trigger> stop_;
  std::unique_ptr<Trigger> hang_up_;
  std::unique_ptr<Trigger> clock_;
  std::unique_ptr<Acceptor> acceptor_;
};

absl::Status Service::Start() {
  // First of all: the workers need descriptors, too.
  client_limit_ = AffordableClients();
  absl::Status status = StartWorkers();
  if (status.ok()) status = StartTriggers();
  if (status.ok()) status = StartListeners();
  if (status.ok()) store_watch_.Tick();
  return status;
}

absl::Status Service::StartWorkers() {
  for (int i = 0; i < config_.proxy_threads; ++i) {
    lookups_.push_back(
        std::make_unique<WakeUpLookup>(config_, &store_, &now_, logger_));
    WakeUpLookup* const lookup = lookups_.back().get();
    Worker::Work work;
    work.lookup = [lookup](size_t served, absl::string_view key,
                           std::string* value) {
      return lookup->Lookup(served, key, value);
    };
    work.before_waiting = [lookup] { lookup->End(); };
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
      Trigger::OnSignals({SIGHUP}, loop, [this] {
        logger_->Warning(
            "SIGHUP is ignored: postmirror.cf is read at start only, a restart "
            "of postmirror-proxy is needed for a change of it");
      });
  if (!hang_up.ok()) return hang_up.status();
  hang_up_ = *std::move(hang_up);
  absl::StatusOr<std::unique_ptr<Trigger>> clock =
      Trigger::Every(absl::Seconds(1), loop, [this] { Tick(); });
  if (!clock.ok()) return clock.status();
  clock_ = *std::move(clock);
  return absl::OkStatus();
}

absl::Status Service::StartListeners() {
  std::vector<Worker*> workers;
  for (const auto& worker : workers_) workers.push_back(worker.get());
  acceptor_ = std::make_unique<Acceptor>(std::move(workers), client_limit_,
                                         &clients_, logger_);
  for (const ListenEntry& entry : config_.listen) {
    const Codec* const codec = CodecFor(entry);
    absl::StatusOr<std::vector<Listener>> listeners = Listen(entry);
    if (!listeners.ok()) return listeners.status();
    for (Listener& listener : *listeners) {
      absl::Status added = acceptor_->Add(std::move(listener), codec);
      if (!added.ok()) return added;
    }
    logger_->Notice(absl::StrCat("listening on ", entry.ToString()));
  }
  return absl::OkStatus();
}

int Service::AffordableClients() {
  const int reserved = ReservedDescriptors(config_);
  const int limit = RaiseDescriptorLimit(config_.client_limit + reserved);
  const int affordable = std::max(limit - reserved, 1);
  if (affordable >= config_.client_limit) return config_.client_limit;
  logger_->Warning(absl::StrCat("client_limit is lowered from ",
                                config_.client_limit, " to ", affordable,
                                ": the process may have no more than ", limit,
                                " open files (setrlimit(2), LimitNOFILE=)"));
  return affordable;
}

const Codec* Service::CodecFor(const ListenEntry& entry) {
  std::vector<std::string> names;
  for (const ServedParameter& served : config_.served) {
    names.emplace_back(served.parameter->name);
  }
  if (entry.protocol == Protocol::kSocketmap) {
    codecs_.push_back(std::make_unique<SocketmapCodec>(std::move(names)));
  } else {
    // The configuration was refused if the parameter is not served.
    const auto found = std::find(names.begin(), names.end(), entry.parameter);
    codecs_.push_back(std::make_unique<TcpTableCodec>(
        static_cast<size_t>(found - names.begin())));
  }
  return codecs_.back().get();
}

void Service::Tick() {
  // The store cannot be reopened under a lookup of this very wake-up.
  lookups_.front()->End();
  store_watch_.Tick();
  acceptor_->Tick();
}

void Service::Run() {
  std::vector<std::thread> threads;
  for (size_t i = 1; i < workers_.size(); ++i) {
    threads.emplace_back([worker = workers_[i].get()] { worker->Run(); });
  }
  workers_.front()->Run();
  for (size_t i = 1; i < workers_.size(); ++i) workers_[i]->Stop();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int ReservedDescriptors(const Config& config) {
  return kOtherDescriptors + static_cast<int>(Worker::kMaxTurnedAway) +
         Worker::kDescriptors * config.proxy_threads +
         kSocketsAListenEntry * static_cast<int>(config.listen.size());
}

absl::Status Serve(const Config& config, Logger* logger) {
  // A client that closes early, or a log that nobody reads, must not end us.
  signal(SIGPIPE, SIG_IGN);
  logger->Notice(absl::StrCat("postmirror-proxy ", POSTMIRROR_VERSION,
                              ", parameters: ", config.served.size(),
                              ", threads: ", config.proxy_threads,
                              ", store: ", config.store));
  Service service(config, logger);
  if (absl::Status started = service.Start(); !started.ok()) return started;
  service.Run();
  logger->Notice("stopped");
  return absl::OkStatus();
}

}  // namespace postmirror
