#include "schema/runtime/metrics_endpoint.h"

#include <utility>

#include "absl/status/statusor.h"
#include "schema/runtime/http_server.h"
#include "schema/runtime/metrics_text.h"

namespace postmirror {

MetricsEndpoint::MetricsEndpoint(Collect collect)
    : collect_(std::move(collect)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

absl::Status MetricsEndpoint::Listen(const std::string& address) {
  if (address == address_) return absl::OkStatus();
  std::unique_ptr<HttpServer> server;
  if (!address.empty()) {
    absl::StatusOr<std::unique_ptr<HttpServer>> started =
        HttpServer::Start(address, [this] { return MetricsText(collect_()); });
    if (!started.ok()) return started.status();
    server = *std::move(started);
  }
  server_ = std::move(server);
  address_ = address;
  return absl::OkStatus();
}

}  // namespace postmirror
