#include "proxy/net/connection_queue.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "absl/types/span.h"

namespace postmirror {
namespace {

// SCM_MAX_FD of unix(7).
constexpr size_t kMaxDescriptors = 253;
constexpr size_t kMaxLanguageBytes = 200;

// A message of one language and its connections.
struct Message {
  std::array<char, kMaxLanguageBytes> language = {};
  alignas(cmsghdr)
      std::array<char, CMSG_SPACE(kMaxDescriptors * sizeof(int))> control = {};
  iovec text = {.iov_base = language.data(), .iov_len = language.size()};
  msghdr header = {.msg_name = nullptr,
                   .msg_namelen = 0,
                   .msg_iov = &text,
                   .msg_iovlen = 1,
                   .msg_control = control.data(),
                   .msg_controllen = control.size(),
                   .msg_flags = 0};
};

// All of one language, at most kMaxDescriptors.
bool Send(int socket, absl::Span<const WaitingConnection> connections) {
  Message message;
  const std::string& language = connections.front().language;
  message.text.iov_len =
      language.copy(message.language.data(), message.language.size());
  const size_t bytes = connections.size() * sizeof(int);
  message.header.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(bytes);
  unsigned char* place = CMSG_DATA(control);
  for (const WaitingConnection& connection : connections) {
    const int number = connection.socket.get();
    std::memcpy(place, &number, sizeof(number));
    place += sizeof(number);
  }
  return sendmsg(socket, &message.header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace

FileDescriptor QueueConnections(std::vector<WaitingConnection> connections) {
  int ends[2] = {-1, -1};
  // Messages, and no bound but that of bytes.
  if (connections.empty() ||
      socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return FileDescriptor();
  }
  const FileDescriptor sender(ends[0]);
  FileDescriptor queue(ends[1]);
  std::sort(connections.begin(), connections.end(),
            [](const WaitingConnection& a, const WaitingConnection& b) {
              return a.language < b.language;
            });
  for (size_t first = 0; first < connections.size();) {
    size_t last = first;
    while (last < connections.size() && last - first < kMaxDescriptors &&
           connections[last].language == connections[first].language) {
      ++last;
    }
    if (!Send(sender.get(),
              absl::MakeConstSpan(connections).subspan(first, last - first))) {
      break;
    }
    first = last;
  }
  return queue;
}

std::vector<WaitingConnection> TakeConnections(const FileDescriptor& queue) {
  std::vector<WaitingConnection> connections;
  for (;;) {
    Message message;
    const ssize_t size =
        recvmsg(queue.get(), &message.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size <= 0) return connections;  // empty, and its sender is gone
    const std::string language(message.language.data(),
                               static_cast<size_t>(size));
    for (cmsghdr* control = CMSG_FIRSTHDR(&message.header); control != nullptr;
         control = CMSG_NXTHDR(&message.header, control)) {
      if (control->cmsg_level != SOL_SOCKET ||
          control->cmsg_type != SCM_RIGHTS) {
        continue;
      }
      const size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; ++i) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
        connections.push_back(
            {.socket = FileDescriptor(number), .language = language});
      }
    }
  }
}

}  // namespace postmirror
