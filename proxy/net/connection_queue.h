// Connections that wait for the next process, all in one descriptor: they lie,
// with what each speaks, in the queue of a socket (SCM_RIGHTS, unix(7)). A
// service manager that was given each by itself would compare every one with
// every other, and their names would not fit into the environment.
#ifndef POSTMIRROR_PROXY_NET_CONNECTION_QUEUE_H_
#define POSTMIRROR_PROXY_NET_CONNECTION_QUEUE_H_

#include <string>
#include <vector>

#include "schema/runtime/file_descriptor.h"

namespace postmirror {

struct WaitingConnection {
  FileDescriptor socket;
  std::string language;  // CodecSet::NameOf, at most 200 bytes
};

// Returns the socket whose queue has the connections; they may be closed then.
// Those that the system does not take (RLIMIT_NOFILE counts them) are not in
// it. No socket is returned where there are none.
FileDescriptor QueueConnections(std::vector<WaitingConnection> connections);

// Returns what is in the queue.
std::vector<WaitingConnection> TakeConnections(const FileDescriptor& queue);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_NET_CONNECTION_QUEUE_H_
