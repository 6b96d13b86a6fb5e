#include "proxy/hand_over.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proxy/net/connection_queue.h"
#include "proxy/net/listener.h"
#include "schema/runtime/file_descriptor.h"
#include "schema/runtime/socket_address.h"

namespace postmirror {
namespace {

// Under which the service manager keeps the clients' connections.
constexpr char kQueueName[] = "connections";

void Welcome(std::vector<WaitingConnection> connections, const CodecSet& codecs,
             Acceptor* acceptor, Logger* logger) {
  for (WaitingConnection& connection : connections) {
    // A parameter that this release does not know is nothing to serve.
    const Codec* const codec = codecs.Named(connection.language);
    if (codec != nullptr) {
      acceptor->Welcome(std::move(connection.socket), codec);
    }
  }
  logger->Notice(absl::StrCat("connections taken over: ", connections.size()));
}

}  // namespace

void TakeDescriptors(Supervisor* supervisor, const CodecSet& codecs,
                     Acceptor* acceptor, Logger* logger) {
  for (const PassedDescriptor& passed : supervisor->TakeDescriptors()) {
    FileDescriptor descriptor(passed.number);
    if (passed.name == kQueueName) {
      Welcome(TakeConnections(descriptor), codecs, acceptor, logger);
      supervisor->Drop(kQueueName);
    } else if (IsListening(descriptor.get())) {
      const absl::Status added =
          acceptor->Add(TakeOver(std::move(descriptor)), codecs.unserved());
      if (!added.ok()) logger->Warning(added.message());
    }
  }
}

void HandOverClients(const std::vector<std::unique_ptr<Worker>>& workers,
                     const CodecSet& codecs, Supervisor* supervisor) {
  std::vector<WaitingConnection> connections;
  for (const auto& worker : workers) {
    for (Worker::Arrival& client : worker->Release()) {
      const std::string language = codecs.NameOf(client.codec);
      if (language.empty()) continue;
      connections.push_back(
          {.socket = std::move(client.socket), .language = language});
    }
  }
  const FileDescriptor queue = QueueConnections(std::move(connections));
  if (queue.open()) {
    supervisor->Keep({.number = queue.get(), .name = kQueueName});
  }
}

}  // namespace postmirror
