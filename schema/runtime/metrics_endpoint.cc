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

// Whoever comes then takes the place of the one who came first.
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

MHD_Result Refuse(MHD_Connection* connection, unsigned status,
                  const char* why) {
  return Queue(connection, status, NewResponse(why, kErrorType));
}

}  // namespace

// What libmicrohttpd calls, with its parameters.
class MetricsEndpoint::Callbacks {
 public:
  // NOLINTNEXTLINE(readability-function-size): an MHD_AccessHandlerCallback
  static MHD_Result Answer(void* listening, MHD_Connection* connection,
                           const char* path, const char* method,
                           const char* /*version*/, const char* /*body*/,
                           size_t* /*body_size*/, void** /*request*/) {
    Listening& asked = *static_cast<Listening*>(listening);
    // HTTP/1.0 needs none.
    const char* const host = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    if (host != nullptr && !asked.names.Contains(host)) {
      return Refuse(connection, MHD_HTTP_MISDIRECTED_REQUEST,
                    "not a name of this machine, ask by its address\n");
    }
    if (absl::string_view(path) != "/metrics") {
      return Refuse(connection, MHD_HTTP_NOT_FOUND,
                    "not found, see /metrics\n");
    }
    const absl::string_view verb(method);
    if (verb != MHD_HTTP_METHOD_GET && verb != MHD_HTTP_METHOD_HEAD) {
      const Response response = NewResponse("method not allowed\n", kErrorType);
      if (response != nullptr) {
        MHD_add_response_header(response.get(), MHD_HTTP_HEADER_ALLOW,
                                "GET, HEAD");
      }
      return Queue(connection, MHD_HTTP_METHOD_NOT_ALLOWED, response);
    }
    // libmicrohttpd leaves the body out of the answer to a HEAD.
    return Queue(connection, MHD_HTTP_OK,
                 NewResponse(MetricsText((*asked.collect)()), kMetricsType));
  }

  // An MHD_NotifyConnectionCallback. A client that sends a byte now and then is
  // never silent: beyond kMaxClients the oldest goes.
  static void Notice(void* listening, MHD_Connection* connection,
                     void** /*of_connection*/,
                     MHD_ConnectionNotificationCode what) {
    std::list<MHD_Connection*>& clients =
        static_cast<Listening*>(listening)->clients;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
      clients.remove(connection);
      return;
    }
    clients.push_back(connection);
    if (clients.size() <= kMaxClients) return;
    const MHD_ConnectionInfo* const oldest = MHD_get_connection_info(
        clients.front(), MHD_CONNECTION_INFO_CONNECTION_FD);
    if (oldest != nullptr) shutdown(oldest->connect_fd, SHUT_RDWR);
    clients.pop_front();
  }

  // False where there is no descriptor, memory or thread for it.
  static bool Start(FileDescriptor socket, Listening* listening) {
    // The daemon's, which closes it when it ends.
    const int duplicate = fcntl(socket.get(), F_DUPFD_CLOEXEC, 0);
    if (duplicate < 0) return false;
    // The thread inherits it: signals are for those who wait for them.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // Those that were told to go count until they have gone.
    listening->daemon.reset(MHD_start_daemon(
        MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr, Answer,
        listening, MHD_OPTION_LISTEN_SOCKET, duplicate,
        MHD_OPTION_CONNECTION_LIMIT, 2 * kMaxClients,
        MHD_OPTION_CONNECTION_TIMEOUT, kPatienceSeconds,
        MHD_OPTION_NOTIFY_CONNECTION, Notice, listening, MHD_OPTION_END));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    // A daemon that does not start closes the duplicate or does not, by what it
    // lacks. What is left must not keep the address.
    if (listening->daemon == nullptr) shutdown(socket.get(), SHUT_RDWR);
    return listening->daemon != nullptr;
  }
};

namespace {

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
  decltype(listening_) listening;
  for (ListeningSocket& bound : sockets.bound) {
    listening.push_back(std::make_unique<Listening>(&collect_, address));
    if (!Callbacks::Start(std::move(bound.socket), listening.back().get())) {
      return absl::UnavailableError(absl::StrCat(
          address, ": start: not enough descriptors, memory or threads"));
    }
  }
  listening_ = std::move(listening);
  address_ = address;
  return absl::OkStatus();
}

}  // namespace postmirror
