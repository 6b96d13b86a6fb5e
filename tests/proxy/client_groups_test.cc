#include "proxy/client_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proxy/client.h"
#include "proxy/client_counts.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Holder User(uint32_t uid) {
  return {.listener = "/run/maps",
          .peer = {.kind = Peer::Kind::kUser, .number = uid}};
}

class ClientGroupsTest : public testing::Test {
 protected:
  void Add(const Holder& holder, Client* client) {
    groups_.Add(holder, client->order_at_rest(), client, client->standing());
  }
  void Rest(Client* client) {
    groups_.Move({.order = client->order_at_rest(),
                  .finished_something = true,
                  .kept_bytes = 0},
                 client->standing());
  }
  // Something is left unfinished, after another thing was finished or not.
  void Begin(Client* client, bool finished_something = false,
             size_t kept_bytes = 1) {
    groups_.Move({.order = ClientGroups::kUnfinished,
                  .finished_something = finished_something,
                  .kept_bytes = kept_bytes},
                 client->standing());
  }
  void TickUntilOverdue() {
    for (uint64_t i = 0; i <= ClientGroups::kMaxUnfinishedSeconds; ++i) {
      groups_.Tick();
    }
  }

  const TcpTableCodec tcp_table_{0};
  const SocketmapCodec socketmap_{{"maps"}};
  Desk desk_;
  ClientGroups groups_;
  Client waits_{{}, &tcp_table_, Connection::Service::kAnswered, &desk_};
  Client one_{{}, &socketmap_, Connection::Service::kAnswered, &desk_};
  Client two_{{}, &socketmap_, Connection::Service::kAnswered, &desk_};
};

TEST_F(ClientGroupsTest, WhatIsUnfinishedIsCounted) {
  int unfinished = 0;
  groups_.set_count_unfinished([&unfinished](const Holder& holder, int change) {
    EXPECT_EQ(holder, User(1));
    unfinished += change;
  });
  Add(User(1), &one_);
  Add(User(1), &two_);
  EXPECT_EQ(unfinished, 0);
  Begin(&one_);
  Begin(&one_, true);
  EXPECT_EQ(unfinished, 1);
  Begin(&two_);
  EXPECT_EQ(groups_.First(User(1), ClientGroups::kWaits), nullptr);
  Rest(&one_);
  EXPECT_EQ(unfinished, 1);
  EXPECT_EQ(groups_.First(User(1), ClientGroups::kWaits), &one_);
  groups_.Remove(two_.standing());
  EXPECT_EQ(unfinished, 0);
}

TEST_F(ClientGroupsTest, FirstIsTheOneThatIsIdleForLongest) {
  Add(User(1), &one_);
  Add(User(1), &two_);
  EXPECT_EQ(groups_.First(User(1)), &one_);
  Rest(&one_);
  EXPECT_EQ(groups_.First(User(1)), &two_);
  EXPECT_EQ(groups_.First(User(2)), nullptr);
  groups_.Remove(two_.standing());
  EXPECT_EQ(groups_.First(User(1)), &one_);
  groups_.Remove(one_.standing());
  EXPECT_EQ(groups_.First(User(1)), nullptr);
}

TEST_F(ClientGroupsTest, SocketmapGoesBeforeTcpTable) {
  Add(User(1), &waits_);
  Add(User(1), &one_);
  EXPECT_EQ(groups_.First(User(1)), &one_);
  Begin(&one_);
  EXPECT_EQ(groups_.First(User(1)), &waits_) << "nor one that is not idle";
}

TEST_F(ClientGroupsTest, OverdueIsWhatWasBegunLongAgo) {
  Add(User(1), &one_);
  Add(User(2), &two_);
  Begin(&one_);
  for (uint64_t i = 0; i < ClientGroups::kMaxUnfinishedSeconds; ++i) {
    groups_.Tick();
    Begin(&one_);
  }
  EXPECT_THAT(groups_.Overdue(), IsEmpty());
  Begin(&two_);
  groups_.Tick();
  EXPECT_THAT(groups_.Overdue(), ElementsAre(&one_));
  Begin(&one_, /*finished_something=*/true);
  EXPECT_THAT(groups_.Overdue(), IsEmpty());
  TickUntilOverdue();
  Rest(&one_);
  EXPECT_THAT(groups_.Overdue(), ElementsAre(&two_)) << "idle is no fault";
}

TEST_F(ClientGroupsTest, GreediestIsOfWhomMostIsKeptFor) {
  Add(User(1), &one_);
  Add(User(2), &two_);
  Begin(&one_, false, ClientGroups::kMaxKeptBytes / 2);
  Begin(&two_, false, ClientGroups::kMaxKeptBytes / 2);
  EXPECT_EQ(groups_.Greediest(), nullptr);
  Begin(&two_, false, ClientGroups::kMaxKeptBytes / 2 + 1);
  EXPECT_EQ(groups_.Greediest(), &two_);
  groups_.Remove(two_.standing());
  EXPECT_EQ(groups_.Greediest(), nullptr);
}

}  // namespace
}  // namespace postmirror
