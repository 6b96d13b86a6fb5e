// A connection and its socket. Belongs to one worker and is used by its thread.
#ifndef POSTMIRROR_PROXY_CLIENT_H_
#define POSTMIRROR_PROXY_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "proxy/client_groups.h"
#include "proxy/connection.h"
#include "proxy/net/event_loop.h"
#include "proxy/protocol/codec.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {

// What the clients of one worker share.
struct Desk {
  // A client that asks a thousand times in one go has to wait for the others in
  // between. Above what a request of Postfix has, tcp_table(5).
  static constexpr size_t kInputBytes = 4096;

  EventLoop* loop = nullptr;
  std::function<Outcome(size_t parameter, absl::string_view key,
                        std::string* value)>
      lookup;
  // Called once when the client has closed its socket. The client must outlive
  // the wake-up.
  std::function<void(Client*)> leave;
  std::vector<char> input = std::vector<char>(kInputBytes);
  ReplyBuffers replies;
  ClientGroups groups;
};

class Client final : public Watcher {
 public:
  // `socket` does not block. `codec` and `desk` must outlive the client.
  Client(FileDescriptor socket, const Codec* codec, Connection::Service service,
         Desk* desk);

  // Begins to serve the client.
  absl::Status Start();

  // Closes the socket and leaves the desk.
  void Close();

  // The same, once the request that has come meanwhile is answered; not what
  // else was asked without waiting for that, nor if replies wait for the
  // client.
  void AnswerAndClose();

  // Gives the socket away if the connection is at rest, else none; the client
  // is of no use then. REQUIRES: its worker does not run.
  FileDescriptor Release();
  const Codec* codec() const { return connection_.codec(); }

  ClientGroups::Standing* standing() { return &standing_; }
  // Where it stands while it is between two requests.
  ClientGroups::Order order_at_rest() const { return order_at_rest_; }

  void OnReady(uint32_t events) override;

 private:
  // One read and one send; false when the client is to be closed.
  bool Exchange(uint32_t events);
  bool Read(absl::string_view* bytes);
  bool SendReplies();
  bool SendUnsent();
  void WatchForWhatIsMissing();
  void Move();

  FileDescriptor socket_;
  Desk* const desk_;
  const ClientGroups::Order order_at_rest_;
  ClientGroups::Standing standing_;
  bool finished_something_ = false;  // in this wake-up
  uint32_t watched_ = 0;             // the events that the loop watches for
  Connection connection_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_CLIENT_H_
