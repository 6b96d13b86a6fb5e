#include "sync/mariadb/binlog_stream.h"

#include <mysql.h>
// After mysql.h, whose types it uses.
#include <mariadb_rpl.h>

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync/mariadb/connect_options.h"

namespace postmirror {
namespace {

// An event may be longer than a row: as long as the server takes a statement.
constexpr size_t kMaxEventBytes = size_t{1} << 30;
// As long as a server's names are (FN_REFLEN). The library puts the name on its
// stack, however long.
constexpr size_t kMaxFileNameBytes = 512;
// What a packet of the stream begins with.
constexpr char kEvent = '\0';

// The request has 32 bits for the offset. A server begins a new file at its
// max_binlog_size, 1 GiB at most, so that only a huge transaction ends beyond:
// what is told twice of that file costs a read, and what was skipped a change.
BinlogPosition Askable(const BinlogPosition& wanted) {
  constexpr uint64_t kFirstEvent = 4;
  if (wanted.offset <= std::numeric_limits<uint32_t>::max()) return wanted;
  return {.file = wanted.file, .offset = kFirstEvent};
}

}  // namespace

BinlogStream::BinlogStream(std::unique_ptr<Connection> connection,
                           BinlogPosition start)
    : connection_(std::move(connection)), start_(std::move(start)) {}

BinlogStream::~BinlogStream() {
  if (replica_ != nullptr) mariadb_rpl_close(replica_);
}

absl::StatusOr<std::unique_ptr<BinlogStream>> BinlogStream::Open(
    std::unique_ptr<Connection> connection, const Settings& settings) {
  std::unique_ptr<BinlogStream> stream(
      new BinlogStream(std::move(connection), Askable(settings.start)));
  const TimeLimit limit = stream->connection_->LimitAnswer(0);
  if (absl::Status asked = stream->Ask(settings); !asked.ok()) return asked;
  if (absl::Status received = stream->Receive(); !received.ok())
    return received;
  stream->received_ = true;
  return stream;
}

absl::Status BinlogStream::Ask(const Settings& settings) {
  if (start_.file.size() > kMaxFileNameBytes) {
    return connection_->BadAnswer("a binlog whose name is too long for one");
  }
  // Capability 4: the server may send GTID events and all that came before
  // them. Without a checksum that is asked for, it refuses to send any.
  absl::Status set = connection_->Execute(
      absl::StrCat("SET @mariadb_slave_capability = 4,"
                   " @master_binlog_checksum = @@global.binlog_checksum,"
                   " @master_heartbeat_period = ",
                   absl::ToInt64Nanoseconds(settings.heartbeat)));
  if (!set.ok()) return set;
  BoundPackets(kMaxEventBytes, connection_->mysql_.get());
  replica_ = mariadb_rpl_init(connection_->mysql_.get());
  if (replica_ == nullptr) return connection_->LastError("binlog");
  const std::string& file = start_.file;
  mariadb_rpl_optionsv(replica_, MARIADB_RPL_FILENAME, file.c_str(),
                       file.size());
  mariadb_rpl_optionsv(replica_, MARIADB_RPL_START,
                       static_cast<unsigned long>(start_.offset));
  mariadb_rpl_optionsv(replica_, MARIADB_RPL_SERVER_ID,
                       static_cast<unsigned>(settings.server_id));
  mariadb_rpl_optionsv(replica_, MARIADB_RPL_FLAGS, 0U);
  if (mariadb_rpl_open(replica_) != 0) return connection_->LastError("binlog");
  return absl::OkStatus();
}

absl::Status BinlogStream::Receive() {
  // Where nothing changes there are heartbeats.
  const TimeLimit limit = connection_->LimitAnswer(0);
  MYSQL* const mysql = connection_->mysql_.get();
  if (connection_->socket_.cancelled()) return connection_->LastError("binlog");
  const unsigned long size = mysql_net_read_packet(mysql);
  // The macro is an unsigned int: -1UL would never be met.
  if (size == packet_error) return connection_->LastError("binlog");
  const absl::string_view packet(
      reinterpret_cast<const char*>(mysql->net.read_pos), size);
  if (packet.empty() || packet.front() != kEvent) {
    return absl::UnavailableError(
        absl::StrCat("server ", connection_->address_,
                     ": binlog: the server ended the stream"));
  }
  event_ = packet.substr(1);
  return absl::OkStatus();
}

absl::StatusOr<absl::string_view> BinlogStream::Next() {
  if (!std::exchange(received_, false)) {
    if (absl::Status received = Receive(); !received.ok()) return received;
  }
  return event_;
}

}  // namespace postmirror
