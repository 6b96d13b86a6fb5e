#include "tests/sync/mariadb/forging_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace postmirror {
namespace {

using std::string_literals::operator""s;

// Commands of the protocol.
constexpr char kInitDb = 2;
constexpr char kQuery = 3;
constexpr char kPrepare = 0x16;

const std::string kOk("\x00\x00\x00\x02\x00\x00\x00", 7);
const std::string kEof("\xfe\x00\x00\x02\x00", 5);

std::string LittleEndian(size_t number, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) {
    text.push_back(static_cast<char>(number >> (8 * i)));
  }
  return text;
}

std::string WithLength(absl::string_view text) {
  return absl::StrCat("\xfe", LittleEndian(text.size(), 8), text);
}

// Protocol 4.1 and plugins, but neither TLS nor compression.
std::string Greeting() {
  return absl::StrCat(
      "\x0a"
      "10.11.6-MariaDB\0"s,
      LittleEndian(7, 4), "12345678\0"s, LittleEndian(0x8209, 2), "\x2d",
      LittleEndian(2, 2), LittleEndian(0x8, 2), "\x15", std::string(10, '\0'),
      "abcdefghijkl\0mysql_native_password\0"s);
}

// Sends packets, numbered from what the client's had.
class PacketSender {
 public:
  PacketSender(int client, char number) : client_(client), number_(number) {}

  void Send(absl::string_view payload) {
    const std::string packet = absl::StrCat(LittleEndian(payload.size(), 3),
                                            std::string(1, ++number_), payload);
    send(client_, packet.data(), packet.size(), MSG_NOSIGNAL);
  }

  void SendColumns(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      Send(absl::StrCat(WithLength("def"), WithLength(""), WithLength(""),
                        WithLength(""), WithLength(absl::StrCat("c", i)),
                        WithLength(""), "\x0c", LittleEndian(45, 2),
                        LittleEndian(255, 4), "\xfd", LittleEndian(0, 5)));
    }
    if (count > 0) Send(kEof);
  }

 private:
  const int client_;
  char number_;
};

void SendRows(const ForgingServer::Row& row, size_t count,
              PacketSender* sender) {
  if (row.empty()) return sender->Send(kOk);
  sender->Send(absl::StrCat("\xfc", LittleEndian(row.size(), 2)));
  sender->SendColumns(row.size());
  std::string values;
  for (const std::optional<std::string>& value : row) {
    absl::StrAppend(&values, value.has_value() ? WithLength(*value) : "\xfb");
  }
  for (size_t i = 0; i < count; ++i) sender->Send(values);
  sender->Send(kEof);
}

// A statement that is prepared, with these columns.
void SendPrepared(size_t columns, PacketSender* sender) {
  sender->Send(absl::StrCat("\0"s, LittleEndian(1, 4), LittleEndian(columns, 2),
                            LittleEndian(0, 5)));
  sender->SendColumns(columns);
}

bool Receive(int client, size_t size, std::string* bytes) {
  bytes->resize(size);
  return size == 0 || recv(client, bytes->data(), size, MSG_WAITALL) ==
                          static_cast<ssize_t>(size);
}

// The next packet: its number, and its payload.
std::optional<std::pair<char, std::string>> ReceivePacket(int client) {
  std::string head;
  std::string payload;
  if (!Receive(client, 4, &head)) return std::nullopt;
  size_t size = 0;
  for (size_t i = 0; i < 3; ++i) {
    size |= size_t{static_cast<unsigned char>(head[i])} << (8 * i);
  }
  if (!Receive(client, size, &payload)) return std::nullopt;
  return std::pair(head[3], std::move(payload));
}

}  // namespace

ForgingServer::ForgingServer(Answer answer, size_t rows)
    : answer_(std::move(answer)), rows_(rows) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool listens =
      bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      listen(listener_, 16) == 0 &&
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  EXPECT_TRUE(listens) << std::strerror(errno);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Serve(); });
}

ForgingServer::~ForgingServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& client : clients_) client.join();
  close(listener_);
}

ServerAddress ForgingServer::address() const {
  return {"", "127.0.0.1", port_};
}

void ForgingServer::Serve() {
  for (int client = accept(listener_, nullptr, nullptr); client >= 0;
       client = accept(listener_, nullptr, nullptr)) {
    // Else a small packet waits until the one before it is acknowledged.
    const int on = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    clients_.emplace_back([this, client] {
      Talk(client);
      close(client);
    });
  }
}

void ForgingServer::Talk(int client) const {
  PacketSender(client, -1).Send(Greeting());
  const auto log_on = ReceivePacket(client);
  if (!log_on.has_value()) return;
  PacketSender(client, log_on->first).Send(kOk);
  for (auto packet = ReceivePacket(client); packet.has_value();
       packet = ReceivePacket(client)) {
    PacketSender sender(client, packet->first);
    const absl::string_view command = packet->second;
    if (command.empty()) return;
    const absl::string_view sql = command.substr(1);
    if (command[0] == kInitDb || absl::StartsWith(sql, "SET ")) {
      sender.Send(kOk);
    } else if (command[0] == kQuery) {
      SendRows(answer_(sql), rows_, &sender);
    } else if (command[0] == kPrepare) {
      SendPrepared(answer_(sql).size(), &sender);
    }
  }
}

}  // namespace postmirror
