// Workers and an acceptor on real sockets, with a lookup of the test's own in
// place of the store; and a client that speaks to them.
#ifndef POSTMIRROR_TESTS_PROXY_PROXY_UNDER_TEST_H_
#define POSTMIRROR_TESTS_PROXY_PROXY_UNDER_TEST_H_

#include <unistd.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proxy/acceptor.h"
#include "proxy/client_counts.h"
#include "proxy/net/peer.h"
#include "proxy/net/trigger.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"
#include "proxy/worker.h"
#include "schema/runtime/file_descriptor.h"
#include "tests/proxy/recording_logger.h"

namespace postmirror {

// Blocks, but no longer than ten seconds: a test that would wait for ever
// fails.
class TestClient {
 public:
  explicit TestClient(FileDescriptor socket);

  bool Send(absl::string_view bytes);
  // Sends it again and again until the proxy takes nothing more.
  void SendUntilItStalls(absl::string_view bytes);
  // Returns the next `size` bytes, or fewer if the connection ends or stalls.
  std::string Receive(size_t size);
  // Returns everything up to and including the next `end`.
  std::string ReceiveUntil(char end);
  std::string Ask(absl::string_view line) {
    return Send(line) ? ReceiveUntil('\n') : "cannot send";
  }
  // Whether the proxy has closed the connection; waits for it.
  bool IsClosed();
  void ShutDown();

 private:
  FileDescriptor socket_;
};

class ProxyUnderTest {
 public:
  // Looks up for the worker of that index.
  using Lookup = std::function<Outcome(size_t worker, absl::string_view key,
                                       std::string* value)>;

  struct Options {
    int threads = 1;
    int client_limit = 100;
    // Over the unix socket the test is trusted, over TCP nobody is.
    LocalUsers users = {.trusted = {geteuid()}, .unknown = std::nullopt};
    Lookup lookup;
    std::function<void()> before_waiting = [] {};
  };

  explicit ProxyUnderTest(const Options& options);
  ~ProxyUnderTest();

  TestClient ConnectTcpTable();        // over TCP
  TestClient ConnectSocketmap();       // over a unix socket, one map: "maps"
  FileDescriptor UnconnectedSocket();  // for ConnectTcpTable(FileDescriptor)
  TestClient ConnectTcpTable(FileDescriptor socket);

  // Calls Acceptor::Tick in its thread; returns what was logged since the last.
  std::vector<std::string> Tick();
  // Calls it until all that is unfinished since before is over its time.
  void TickUntilOverdue();

  // The names of the listeners.
  std::string tcp_name() const { return absl::StrCat(port_); }
  std::string unix_name() const { return folder_ + "/maps"; }

  const Acceptor& acceptor() const { return *acceptor_; }
  ClientCounts* clients() { return &clients_; }

 private:
  const std::string folder_;
  ClientCounts clients_;
  RecordingLogger logger_;
  const TcpTableCodec tcp_table_{0};
  const SocketmapCodec socketmap_{{"maps"}};
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<Acceptor> acceptor_;
  std::atomic<int> ticks_ = 0;
  std::unique_ptr<Trigger> tick_;
  uint16_t port_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_PROXY_PROXY_UNDER_TEST_H_
