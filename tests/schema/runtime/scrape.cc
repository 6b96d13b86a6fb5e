#include "tests/schema/runtime/scrape.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// An address of either family.
struct Place {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Place PlaceOf(absl::string_view host, uint16_t port) {
  Place place;
  if (absl::StrContains(host, ':')) {
    sockaddr_in6* const address = reinterpret_cast<sockaddr_in6*>(place.get());
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(port);
    inet_pton(AF_INET6, std::string(host).c_str(), &address->sin6_addr);
    place.size = sizeof(sockaddr_in6);
  } else {
    sockaddr_in* const address = reinterpret_cast<sockaddr_in*>(place.get());
    address->sin_family = AF_INET;
    address->sin_port = htons(port);
    inet_pton(AF_INET, std::string(host).c_str(), &address->sin_addr);
    place.size = sizeof(sockaddr_in);
  }
  return place;
}

}  // namespace

BoundSocket::BoundSocket(absl::string_view host) {
  Place place = PlaceOf(host, 0);
  fd_ = socket(place.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(bind(fd_, place.get(), place.size), 0);
  EXPECT_EQ(getsockname(fd_, place.get(), &place.size), 0);
  // The port stands at the same place in both.
  const uint16_t port =
      ntohs(reinterpret_cast<sockaddr_in*>(place.get())->sin_port);
  const bool bracketed = absl::StrContains(host, ':');
  address_ =
      absl::StrCat(bracketed ? "[" : "", host, bracketed ? "]:" : ":", port);
}

void BoundSocket::Listen() { EXPECT_EQ(listen(fd_, 1), 0); }

void BoundSocket::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

int ConnectTo(const std::string& address) {
  const size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  Place place = PlaceOf(
      host, static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  const int fd = socket(place.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval deadline = {.tv_sec = 10, .tv_usec = 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
  if (connect(fd, place.get(), place.size) == 0) return fd;
  close(fd);
  return -1;
}

std::string Get(const std::string& address, absl::string_view path) {
  const int fd = ConnectTo(address);
  if (fd < 0) return "";
  const std::string request =
      absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  std::string reply;
  char bytes[4096];
  for (ssize_t size; (size = recv(fd, bytes, sizeof(bytes), 0)) > 0;) {
    reply.append(bytes, static_cast<size_t>(size));
  }
  close(fd);
  return reply;
}

std::string Scrape(const std::string& address) {
  const std::string reply = Get(address, "/metrics");
  const size_t end = reply.find("\r\n\r\n");
  return end == reply.npos ? reply : reply.substr(end + 4);
}

}  // namespace postmirror
