#include "proxy/client.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace postmirror {
namespace {

bool WouldBlock() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Client::Client(FileDescriptor socket, const Codec* codec,
               Connection::Service service, Desk* desk)
    : socket_(std::move(socket)),
      desk_(desk),
      order_at_rest_(codec->ReconnectsAtOnce() ? ClientGroups::kReconnects
                                               : ClientGroups::kWaits),
      connection_(codec, service) {}

absl::Status Client::Start() {
  watched_ = EPOLLIN;
  return desk_->loop->Watch(socket_.get(), watched_, this);
}

void Client::Close() {
  if (!socket_.open()) return;
  // First the books, then the socket: whoever sees the end of the connection
  // finds its place free.
  desk_->leave(this);
  // Another descriptor of the socket, in whatever process, would go on to raise
  // events of a client that is gone.
  desk_->loop->Forget(socket_.get());
  socket_.Close();
}

void Client::AnswerAndClose() {
  connection_.EndAfterNext();
  if (socket_.open()) Exchange(EPOLLIN);
  Close();
}

FileDescriptor Client::Release() {
  return connection_.IsAtRest() ? std::move(socket_) : FileDescriptor();
}

void Client::OnReady(uint32_t events) {
  if (!socket_.open()) return;  // closed earlier in this wake-up
  if (!Exchange(events)) return Close();
  WatchForWhatIsMissing();
  Move();
}

bool Client::Exchange(uint32_t events) {
  finished_something_ = false;
  const bool hung_up = (events & EPOLLHUP) != 0;
  // Whoever has hung up reads nothing more, and sends no more than is there.
  if ((events & EPOLLERR) != 0 ||
      (hung_up && (connection_.input_ended() || !connection_.unsent().empty())))
    return false;
  if ((events & EPOLLOUT) != 0 && !SendUnsent()) return false;
  // What a client asks that does not read waits in its socket.
  if (!connection_.unsent().empty()) return true;
  absl::string_view bytes;
  if (((events & EPOLLIN) != 0 || hung_up) && !Read(&bytes)) return false;
  while (!connection_.Finished()) {
    connection_.Receive(bytes, desk_->lookup, &desk_->replies);
    bytes = {};
    if (!SendReplies()) return false;
    if (!connection_.HasMore()) break;
  }
  return !connection_.Finished();
}

bool Client::Read(absl::string_view* bytes) {
  const ssize_t size =
      recv(socket_.get(), desk_->input.data(), desk_->input.size(), 0);
  if (size < 0) return WouldBlock();
  if (size == 0) connection_.EndInput();
  *bytes = absl::string_view(desk_->input.data(), static_cast<size_t>(size));
  return true;
}

bool Client::SendReplies() {
  const absl::string_view output = desk_->replies.output;
  if (output.empty()) return true;
  finished_something_ = true;
  const ssize_t size =
      send(socket_.get(), output.data(), output.size(), MSG_NOSIGNAL);
  if (size < 0 && !WouldBlock()) return false;
  connection_.Keep(output.substr(size < 0 ? 0 : static_cast<size_t>(size)));
  return true;
}

bool Client::SendUnsent() {
  const absl::string_view unsent = connection_.unsent();
  if (unsent.empty()) return true;
  const ssize_t size =
      send(socket_.get(), unsent.data(), unsent.size(), MSG_NOSIGNAL);
  if (size < 0) return WouldBlock();
  connection_.Sent(static_cast<size_t>(size));
  finished_something_ = connection_.unsent().empty();
  return true;
}

void Client::WatchForWhatIsMissing() {
  const bool has_unsent = !connection_.unsent().empty();
  const bool reads = !has_unsent && !connection_.input_ended();
  const uint32_t wanted =
      (reads ? uint32_t{EPOLLIN} : 0U) | (has_unsent ? uint32_t{EPOLLOUT} : 0U);
  if (wanted == watched_) return;
  watched_ = wanted;
  desk_->loop->Change(socket_.get(), wanted, this);
}

void Client::Move() {
  desk_->groups.Move(
      {.order =
           connection_.IsAtRest() ? order_at_rest_ : ClientGroups::kUnfinished,
       .finished_something = finished_something_,
       .kept_bytes = connection_.kept_bytes()},
      &standing_);
}

}  // namespace postmirror
