// Clients go on with the next process of the service, without noticing: the
// service manager keeps their connections while none runs.
#ifndef POSTMIRROR_PROXY_HAND_OVER_H_
#define POSTMIRROR_PROXY_HAND_OVER_H_

#include <memory>
#include <vector>

#include "proxy/acceptor.h"
#include "proxy/protocol/codec_set.h"
#include "proxy/worker.h"
#include "schema/runtime/logger.h"
#include "schema/runtime/supervisor.h"

namespace postmirror {

// Takes the sockets of the .socket unit, and the clients of the process before.
// To be called once.
void TakeDescriptors(Supervisor* supervisor, const CodecSet& codecs,
                     Acceptor* acceptor, Logger* logger);

// Gives the workers' clients to the manager. REQUIRES: as for Worker::Release.
void HandOverClients(const std::vector<std::unique_ptr<Worker>>& workers,
                     const CodecSet& codecs, Supervisor* supervisor);

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_HAND_OVER_H_
