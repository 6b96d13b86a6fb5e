#include "sync/mariadb/binlog_stream.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "sync/mariadb/binlog_facts.h"
#include "tests/support/mariadb_server.h"

namespace postmirror {
namespace {

// Event types, https://mariadb.com/kb/en/2-binlog-event-header/
constexpr char kRotate = 4;
constexpr char kFormatDescription = 15;
constexpr char kXid = 16;
constexpr char kHeartbeat = 27;

class BinlogStreamTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto started = MariadbServer::Start(
        {"--log-bin=mail-bin", "--binlog-format=ROW", "--server-id=7"});
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = std::move(*started);
    ASSERT_EQ(server_->Run({"CREATE DATABASE mail",
                            "CREATE TABLE mail.t (id INT PRIMARY KEY)",
                            "CREATE USER watcher@'%' IDENTIFIED BY 'secret'"}),
              absl::OkStatus());
  }
  static void TearDownTestSuite() { server_.reset(); }

  static std::unique_ptr<Connection> Connect(
      ConnectionSettings settings = server_->Root()) {
    settings.read_timeout = absl::Seconds(2);
    auto connection = Connection::Open(server_->Unix(), settings);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return connection.ok() ? *std::move(connection) : nullptr;
  }

  static BinlogPosition End() {
    const auto position = ReadBinlogPosition(*Connect());
    EXPECT_TRUE(position.ok() && position->has_value());
    return position->value_or(BinlogPosition());
  }

  static absl::StatusOr<std::unique_ptr<BinlogStream>> Open(
      uint32_t server_id = 4711) {
    return BinlogStream::Open(Connect(),
                              {.start = End(),
                               .server_id = server_id,
                               .heartbeat = absl::Milliseconds(200)});
  }

  // Reads on until an event of that type, or a failure.
  static absl::Status Await(BinlogStream& stream, char type) {
    for (;;) {
      const absl::StatusOr<absl::string_view> event = stream.Next();
      if (!event.ok()) return event.status();
      if (event->size() > 4 && (*event)[4] == type) return absl::OkStatus();
    }
  }

  static std::unique_ptr<MariadbServer> server_;
};

std::unique_ptr<MariadbServer> BinlogStreamTest::server_;

TEST_F(BinlogStreamTest, NeedsThePrivilegeOfAReplica) {
  const BinlogStream::Settings settings = {.start = End(), .server_id = 4711};
  EXPECT_TRUE(absl::IsPermissionDenied(
      BinlogStream::Open(Connect(server_->User("watcher", "secret")), settings)
          .status()));
  ASSERT_EQ(server_->Run({"GRANT REPLICATION SLAVE ON *.* TO watcher@'%'"}),
            absl::OkStatus());
  EXPECT_TRUE(
      BinlogStream::Open(Connect(server_->User("watcher", "secret")), settings)
          .ok());
}

TEST_F(BinlogStreamTest, BeginsWithTheNameOfTheFile) {
  const auto stream = Open();
  ASSERT_TRUE(stream.ok()) << stream.status();
  const absl::StatusOr<absl::string_view> event = (*stream)->Next();
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ((*event)[4], kRotate);
  EXPECT_NE(event->find("mail-bin.0000"), absl::string_view::npos);
}

// The request for it has 32 bits for the place. What is cut of this one is in
// the middle of an event.
TEST_F(BinlogStreamTest, APlaceBeyond4GiBIsReadFromTheStartOfItsFile) {
  const BinlogPosition beyond = {End().file, (uint64_t{1} << 32) + 5};
  const auto stream =
      BinlogStream::Open(Connect(), {.start = beyond, .server_id = 4711});
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ((*stream)->start(), (BinlogPosition{beyond.file, 4}));
  EXPECT_EQ(Await(**stream, kFormatDescription), absl::OkStatus());
}

// A packet of the stream is an event, which may be longer than any row.
TEST_F(BinlogStreamTest, HasEventsThatAreLongerThanAnyRow) {
  ASSERT_EQ(server_->Run({"CREATE TABLE mail.long_row (a LONGBLOB, b LONGBLOB,"
                          " c LONGBLOB, d LONGBLOB, e LONGBLOB)"}),
            absl::OkStatus());
  const auto stream = Open();
  ASSERT_TRUE(stream.ok()) << stream.status();
  const std::string column = "REPEAT('x', 16000000)";
  ASSERT_EQ(server_->Run(
                {absl::StrCat("INSERT INTO mail.long_row SELECT ", column, ",",
                              column, ",", column, ",", column, ",", column)}),
            absl::OkStatus());
  EXPECT_EQ(Await(**stream, kXid), absl::OkStatus());
}

TEST_F(BinlogStreamTest, HasWhatIsCommittedAndHeartbeatsBetween) {
  const auto stream = Open();
  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ(Await(**stream, kHeartbeat), absl::OkStatus());
  ASSERT_EQ(server_->Run({"INSERT INTO mail.t VALUES (1)"}), absl::OkStatus());
  EXPECT_EQ(Await(**stream, kXid), absl::OkStatus());
  EXPECT_EQ(Await(**stream, kHeartbeat), absl::OkStatus());
}

TEST_F(BinlogStreamTest, AnotherReplicaOfTheSameNumberEndsIt) {
  const auto first = Open(42);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Open(42);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_TRUE(absl::IsAlreadyExists(Await(**first, 0)));
}

TEST_F(BinlogStreamTest, APlaceThatDoesNotExistIsRefused) {
  EXPECT_FALSE(BinlogStream::Open(Connect(), {.start = {"mail-bin.000099", 4},
                                              .server_id = 4711})
                   .ok());
}

TEST_F(BinlogStreamTest, CancelEndsAWaitOfAnotherThread) {
  const auto stream = Open();
  ASSERT_TRUE(stream.ok()) << stream.status();
  std::thread other([&] { (*stream)->Cancel(); });
  EXPECT_TRUE(absl::IsCancelled(Await(**stream, 0)));
  other.join();
}

TEST_F(BinlogStreamTest, AFrozenServerEndsItAfterTheReadTimeout) {
  const auto stream = Open();
  ASSERT_TRUE(stream.ok()) << stream.status();
  server_->Freeze();
  EXPECT_TRUE(absl::IsUnavailable(Await(**stream, 0)));
  server_->Thaw();
}

TEST_F(BinlogStreamTest, AKilledServerEndsIt) {
  const auto stream = Open();
  ASSERT_TRUE(stream.ok()) << stream.status();
  server_->Kill();
  EXPECT_TRUE(absl::IsUnavailable(Await(**stream, 0)));
  ASSERT_EQ(server_->Restart(), absl::OkStatus());
}

}  // namespace
}  // namespace postmirror
