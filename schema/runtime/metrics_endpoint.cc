// The one file that is compiled with exceptions: the library throws where it
// cannot listen.
#include "schema/runtime/metrics_endpoint.h"

#include <netdb.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace postmirror {
namespace {

// One more than a single Prometheus needs, so that whoever connects and says
// nothing does not keep it waiting.
constexpr char kThreads[] = "2";
constexpr char kRequestTimeoutMilliseconds[] = "5000";

prometheus::MetricType TypeOf(MetricFamily::Type type) {
  switch (type) {
    case MetricFamily::Type::kCounter:
      return prometheus::MetricType::Counter;
    case MetricFamily::Type::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricFamily::Type::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric Convert(const MetricSample& sample) {
  prometheus::ClientMetric metric;
  for (const MetricLabel& label : sample.labels) {
    metric.label.push_back({label.name, label.value});
  }
  // Each type has a place of its own; those of the others are not looked at.
  metric.counter.value = sample.value;
  metric.gauge.value = sample.value;
  metric.histogram.sample_sum = sample.value;
  metric.histogram.sample_count = sample.count;
  for (const MetricBucket& bucket : sample.buckets) {
    metric.histogram.bucket.push_back({bucket.count, bucket.upper_bound});
  }
  return metric;
}

prometheus::MetricFamily Convert(const MetricFamily& family) {
  prometheus::MetricFamily converted;
  converted.name = family.name;
  converted.help = family.help;
  converted.type = TypeOf(family.type);
  for (const MetricSample& sample : family.samples) {
    converted.metric.push_back(Convert(sample));
  }
  return converted;
}

// Why one cannot listen at `address`, which the library does not tell; empty if
// one can.
std::string Obstacle(absl::string_view address) {
  const size_t colon = address.rfind(':');
  absl::string_view host = address.substr(0, colon);
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  const std::string port(address.substr(colon + 1));
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error =
          getaddrinfo(std::string(host).c_str(), port.c_str(), &hints, &found);
      error != 0) {
    return absl::StrCat("resolve: ", gai_strerror(error));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found,
                                                            freeaddrinfo);
  const int fd = socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::StrCat("socket: ", strerror(errno));
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  const bool bound = bind(fd, list->ai_addr, list->ai_addrlen) == 0;
  const int error = errno;
  close(fd);
  return bound ? "" : absl::StrCat("bind: ", strerror(error));
}

}  // namespace

class MetricsEndpoint::Source final : public prometheus::Collectable {
 public:
  explicit Source(MetricsEndpoint::Collect collect)
      : collect_(std::move(collect)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<prometheus::MetricFamily> families;
    for (const MetricFamily& family : collect_()) {
      // One without samples would be a name of which nothing is known.
      if (!family.samples.empty()) families.push_back(Convert(family));
    }
    return families;
  }

 private:
  const MetricsEndpoint::Collect collect_;
  mutable std::mutex mutex_;  // two servers ask while one takes over
};

struct MetricsEndpoint::Server {
  explicit Server(const std::string& address)
      : exposer(std::vector<std::string>{
            "listening_ports", address, "num_threads", kThreads,
            "request_timeout_ms", kRequestTimeoutMilliseconds}) {}

  prometheus::Exposer exposer;
};

MetricsEndpoint::MetricsEndpoint(Collect collect)
    : source_(std::make_shared<Source>(std::move(collect))) {}

MetricsEndpoint::~MetricsEndpoint() = default;

absl::Status MetricsEndpoint::Listen(const std::string& address) {
  if (address == address_) return absl::OkStatus();
  if (address.empty()) {
    server_.reset();
    address_.clear();
    return absl::OkStatus();
  }
  try {
    auto server = std::make_unique<Server>(address);
    server->exposer.RegisterCollectable(source_);
    server_ = std::move(server);
  } catch (const std::exception& failed) {
    const std::string obstacle = Obstacle(address);
    return absl::UnavailableError(absl::StrCat(
        address, ": ", obstacle.empty() ? failed.what() : obstacle));
  }
  address_ = address;
  return absl::OkStatus();
}

}  // namespace postmirror
