// What a connection counts of what it is asked.
#include <gtest/gtest.h>

#include <string>

#include "proxy/connection.h"
#include "proxy/metrics/lookup_counts.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"

namespace postmirror {
namespace {

class ConnectionCountTest : public testing::Test {
 protected:
  ConnectionCountTest() {
    counts_.Enable(true);
    buffers_.counts = &counts_;
  }

  void Feed(const Codec& codec, absl::string_view bytes,
            Connection::Service service = Connection::Service::kAnswered) {
    Connection connection(&codec, service);
    connection.Receive(
        bytes,
        [](size_t, absl::string_view key, std::string* value) {
          if (key == "down") return Outcome::kTemporary;
          if (key == "long") value->assign(200000, 'x');
          if (key == "me") *value = "me@example.org";
          return value->empty() ? Outcome::kNotFound : Outcome::kFound;
        },
        &buffers_);
  }

  uint64_t Lookups(Protocol protocol, size_t parameter, Outcome outcome) const {
    return counts_.lookups(protocol, parameter, outcome);
  }

  uint64_t Timed() const {
    uint64_t all = 0;
    for (size_t i = 0; i < LookupCounts::kBuckets; ++i) {
      all += counts_.durations(i);
    }
    return all;
  }

  const TcpTableCodec tcp_table_{1};
  const SocketmapCodec socketmap_{{"zero", "one"}};
  LookupCounts counts_;
  ReplyBuffers buffers_;
};

TEST_F(ConnectionCountTest, ALookupByItsProtocolParameterAndOutcome) {
  Feed(tcp_table_, "get me\nget me\nget you\nget down\n");
  Feed(socketmap_, "7:zero me,6:one me,");
  EXPECT_EQ(Lookups(Protocol::kTcpTable, 1, Outcome::kFound), 2U);
  EXPECT_EQ(Lookups(Protocol::kTcpTable, 1, Outcome::kNotFound), 1U);
  EXPECT_EQ(Lookups(Protocol::kTcpTable, 1, Outcome::kTemporary), 1U);
  EXPECT_EQ(Lookups(Protocol::kTcpTable, 0, Outcome::kFound), 0U);
  EXPECT_EQ(Lookups(Protocol::kSocketmap, 0, Outcome::kFound), 1U);
  EXPECT_EQ(Lookups(Protocol::kSocketmap, 1, Outcome::kFound), 1U);
  EXPECT_EQ(Timed(), 6U);
}

TEST_F(ConnectionCountTest, AnEmptyKeyIsNotFound) {
  Feed(socketmap_, "5:zero ,");
  EXPECT_EQ(Lookups(Protocol::kSocketmap, 0, Outcome::kNotFound), 1U);
}

TEST_F(ConnectionCountTest, AValueThatNoReplyCanCarryIsTemporary) {
  Feed(socketmap_, "9:zero long,");
  EXPECT_EQ(Lookups(Protocol::kSocketmap, 0, Outcome::kTemporary), 1U);
  EXPECT_EQ(Lookups(Protocol::kSocketmap, 0, Outcome::kFound), 0U);
}

TEST_F(ConnectionCountTest, WhatIsMalformedOrNotServedIsRefused) {
  Feed(tcp_table_, "hello\nget %\nput a b\nget me\n");
  Feed(socketmap_, "4:maps,6:two me,");
  EXPECT_EQ(counts_.refused(Protocol::kTcpTable), 3U);
  EXPECT_EQ(counts_.refused(Protocol::kSocketmap), 2U);
  EXPECT_EQ(Timed(), 1U);
}

TEST_F(ConnectionCountTest, AStreamThatCannotBeFollowedIsRefusedOnce) {
  Feed(socketmap_, "7:zero me,garbage");
  EXPECT_EQ(counts_.refused(Protocol::kSocketmap), 1U);
  EXPECT_EQ(Lookups(Protocol::kSocketmap, 0, Outcome::kFound), 1U);
}

TEST_F(ConnectionCountTest, NothingOfThoseTurnedAway) {
  Feed(tcp_table_, "get me\n", Connection::Service::kTurnedAway);
  Feed(socketmap_, "garbage", Connection::Service::kTurnedAway);
  EXPECT_EQ(Timed(), 0U);
  EXPECT_EQ(counts_.refused(Protocol::kSocketmap), 0U);
}

}  // namespace
}  // namespace postmirror
