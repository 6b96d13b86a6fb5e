#include "schema/runtime/metrics_endpoint.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <sys/socket.h>

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/runtime/listening_sockets.h"
#include "schema/runtime/metrics_text.h"

namespace postmirror {
namespace {

// Who comes then waits until one of them goes.
constexpr unsigned kMaxClients = 16;
// A client that is silent for so long goes: soon enough for a scrape that waits
// behind silent ones, which Prometheus gives ten seconds.
constexpr unsigned kPatienceSeconds = 5;

// Prometheus's text format.
constexpr char kMetricsType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kErrorType[] = "text/plain; charset=utf-8";

using Response = std::unique_ptr<MHD_Response, void (*)(MHD_Response*)>;

Response NewResponse(std::string body, const char* type) {
  Response response(MHD_create_response_from_buffer(body.size(), body.data(),
                                                    MHD_RESPMEM_MUST_COPY),
                    MHD_destroy_response);
  if (response == nullptr) return response;
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE, type);
  // One that is kept would count as a client until the next scrape.
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONNECTION, "close");
  return response;
}

// Without a response the connection is closed.
MHD_Result Queue(MHD_Connection* connection, unsigned status,
                 const Response& response) {
  if (response == nullptr) return MHD_NO;
  return MHD_queue_response(connection, status, response.get());
}

// An MHD_AccessHandlerCallback, whose parameters are libmicrohttpd's.
// NOLINTNEXTLINE(readability-function-size)
MHD_Result Answer(void* collect, MHD_Connection* connection, const char* path,
                  const char* method, const char* /*version*/,
                  const char* /*body*/, size_t* /*body_size*/,
                  void** /*request*/) {
  if (absl::string_view(path) != "/metrics") {
    return Queue(connection, MHD_HTTP_NOT_FOUND,
                 NewResponse("not found, see /metrics\n", kErrorType));
  }
  const absl::string_view asked(method);
  if (asked != MHD_HTTP_METHOD_GET && asked != MHD_HTTP_METHOD_HEAD) {
    const Response response = NewResponse("method not allowed\n", kErrorType);
    if (response != nullptr) {
      MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW,
                              "GET, HEAD");
    }
    return Queue(connection, MHD_HTTP_METHOD_NOT_ALLOWED, response);
  }
  // libmicrohttpd leaves the body out of the answer to a HEAD.
  return Queue(
      connection, MHD_HTTP_OK,
      NewResponse(
          MetricsText((*static_cast<MetricsEndpoint::Collect*>(collect))()),
          kMetricsType));
}

// Returns nullptr where there is no descriptor, memory or thread for it.
MHD_Daemon* Start(FileDescriptor socket, MetricsEndpoint::Collect* collect) {
  // The daemon's, which closes it when it ends.
  const int duplicate = fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
  if (duplicate < 0) return nullptr;
  // The thread inherits it: signals are for those who wait for them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  MHD_Daemon* const daemon = MHD_start_daemon(
      MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, Answer,
      collect, MHD_OPTION_LISTEN_SOCKET, duplicate, MHD_OPTION_CONNECTION_LIMIT,
      kMaxClients, MHD_OPTION_CONNECTION_TIMEOUT, kPatienceSeconds,
      MHD_OPTION_END);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  // A daemon that does not start closes the duplicate or does not, by what it
  // lacks. What is left must not keep the address.
  if (daemon == nullptr) shutdown(socket.get(), SHUT_RDWR);
  return daemon;
}

// `address` is HOST:PORT, an IPv6 host in brackets.
absl::StatusOr<ListeningSockets> Open(const std::string& address) {
  const size_t colon = address.rfind(':');
  absl::string_view host = absl::string_view(address).substr(0, colon);
  absl::ConsumePrefix(&host, "[");
  absl::ConsumeSuffix(&host, "]");
  unsigned port = 0;
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port > 65535) {
    return absl::UnavailableError(absl::StrCat(address, ": is no HOST:PORT"));
  }
  return OpenListeningSockets(address, std::string(host),
                              static_cast<uint16_t>(port));
}

}  // namespace

void MetricsEndpoint::Stop::operator()(MHD_Daemon* daemon) const {
  MHD_stop_daemon(daemon);
}

MetricsEndpoint::MetricsEndpoint(Collect collect)
    : collect_(std::move(collect)) {}

MetricsEndpoint::~MetricsEndpoint() = default;

absl::Status MetricsEndpoint::Listen(const std::string& address) {
  if (address == address_) return absl::OkStatus();
  ListeningSockets sockets;
  if (!address.empty()) {
    absl::StatusOr<ListeningSockets> opened = Open(address);
    if (!opened.ok()) return opened.status();
    sockets = *std::move(opened);
  }
  decltype(daemons_) daemons;
  for (ListeningSocket& bound : sockets.bound) {
    daemons.emplace_back(Start(std::move(bound.socket), &collect_));
    if (daemons.back() == nullptr) {
      return absl::UnavailableError(absl::StrCat(
          address, ": start: not enough descriptors, memory or threads"));
    }
  }
  daemons_ = std::move(daemons);
  address_ = address;
  return absl::OkStatus();
}

}  // namespace postmirror
