#include "proxy/net/connection_queue.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <map>
#include <string>
#include <utility>

namespace postmirror {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// A connection, and the end of its client.
std::pair<WaitingConnection, FileDescriptor> Connect(
    const std::string& language) {
  int ends[2] = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  return {WaitingConnection{.socket = FileDescriptor(ends[0]),
                            .language = language},
          FileDescriptor(ends[1])};
}

TEST(ConnectionQueueTest, ConnectionsComeOutWithWhatTheySpeak) {
  auto [line, line_client] = Connect("tcp_table-virtual_alias_maps");
  auto [map, map_client] = Connect("socketmap");
  ASSERT_EQ(write(line_client.get(), "get x\n", 6), 6);
  std::vector<WaitingConnection> connections;
  connections.push_back(std::move(line));
  connections.push_back(std::move(map));
  const FileDescriptor queue = QueueConnections(std::move(connections));
  ASSERT_TRUE(queue.open());
  std::map<std::string, std::string> unread;
  for (const WaitingConnection& each : TakeConnections(queue)) {
    char bytes[16] = {};
    const ssize_t size =
        recv(each.socket.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    unread[each.language] = size < 0 ? "" : std::string(bytes);
    EXPECT_NE(fcntl(each.socket.get(), F_GETFD) & FD_CLOEXEC, 0);
  }
  EXPECT_THAT(unread, UnorderedElementsAre(
                          Pair("socketmap", ""),
                          Pair("tcp_table-virtual_alias_maps", "get x\n")));
  EXPECT_THAT(TakeConnections(queue), IsEmpty());
}

TEST(ConnectionQueueTest, MoreThanOneMessageCarries) {
  std::vector<WaitingConnection> connections;
  std::vector<FileDescriptor> clients;
  for (int i = 0; i < 400; ++i) {
    auto [connection, client] = Connect(i % 2 == 0 ? "a" : "b");
    connections.push_back(std::move(connection));
    clients.push_back(std::move(client));
  }
  const FileDescriptor queue = QueueConnections(std::move(connections));
  std::map<std::string, int> count;
  for (const WaitingConnection& each : TakeConnections(queue)) {
    ++count[each.language];
  }
  EXPECT_THAT(count, UnorderedElementsAre(Pair("a", 200), Pair("b", 200)));
}

TEST(ConnectionQueueTest, AConnectionWaitsWhileNobodyHasItButTheQueue) {
  auto [connection, client] = Connect("socketmap");
  std::vector<WaitingConnection> connections;
  connections.push_back(std::move(connection));
  const FileDescriptor queue = QueueConnections(std::move(connections));
  EXPECT_EQ(send(client.get(), "x", 1, MSG_NOSIGNAL), 1) << "it is not closed";
}

TEST(ConnectionQueueTest, WithoutConnectionsThereIsNoQueue) {
  EXPECT_FALSE(QueueConnections({}).open());
}

}  // namespace
}  // namespace postmirror
