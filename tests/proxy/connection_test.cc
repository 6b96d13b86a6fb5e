#include "proxy/connection.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"
#include "tests/proxy/postfix_client.h"

namespace postmirror {
namespace {

// A connection whose socket takes everything, until it is told not to.
class ConnectionTest : public testing::Test {
 protected:
  void UseSocketmap() { Use(&socketmap_, Connection::Service::kAnswered); }
  void TurnAway() { Use(&tcp_table_, Connection::Service::kTurnedAway); }
  void Use(const Codec* codec, Connection::Service service) {
    connection_ = std::make_unique<Connection>(codec, service);
  }

  Outcome Lookup(absl::string_view key, std::string* value) {
    ++lookups_;
    if (key == "big") *value = big_;
    if (key == "me") *value = "me@example.org";
    if (key == "down") return Outcome::kTemporary;
    return value->empty() ? Outcome::kNotFound : Outcome::kFound;
  }

  // Feeds `bytes`; returns what the client gets, all of it.
  std::string Feed(absl::string_view bytes) {
    std::string sent;
    Receive(bytes);
    sent += buffers_.output;
    while (connection_->HasMore()) {
      Receive("");
      sent += buffers_.output;
    }
    return sent;
  }

  void Receive(absl::string_view bytes) {
    connection_->Receive(
        bytes,
        [this](size_t, absl::string_view key, std::string* value) {
          return Lookup(key, value);
        },
        &buffers_);
  }

  // Feeds `bytes` while the socket takes nothing.
  void FeedWithoutSending(absl::string_view bytes) {
    Receive(bytes);
    connection_->Keep(buffers_.output);
  }

  // Lets the client read everything that waits; returns it.
  std::string Drain() {
    std::string sent(connection_->unsent());
    connection_->Sent(sent.size());
    if (connection_->HasMore()) sent += Feed("");
    return sent;
  }

  const TcpTableCodec tcp_table_{0};
  const SocketmapCodec socketmap_{{"maps"}};
  std::unique_ptr<Connection> connection_ =
      std::make_unique<Connection>(&tcp_table_);
  ReplyBuffers buffers_;
  std::string big_ = std::string(4000, 'b');
  int lookups_ = 0;
};

TEST_F(ConnectionTest, AnswersARequest) {
  EXPECT_EQ(Feed("get me\n"), "200 me@example.org\n");
  EXPECT_FALSE(connection_->Finished());
}

TEST_F(ConnectionTest, AnswersSeveralRequestsOfOneReadInOrder) {
  EXPECT_EQ(Feed("get me\nget you\nget down\nget me\n"),
            "200 me@example.org\n500 not found\n400 temporary failure\n"
            "200 me@example.org\n");
}

TEST_F(ConnectionTest, AnswersOneRequestOfManyReadsOnce) {
  std::string sent;
  for (const char c : absl::string_view("get me\n")) {
    sent += Feed(absl::string_view(&c, 1));
  }
  EXPECT_EQ(sent, "200 me@example.org\n");
  EXPECT_EQ(lookups_, 1);
}

TEST_F(ConnectionTest, AnswersTheSameHoweverTheBytesAreSplit) {
  constexpr absl::string_view kInput =
      "get me\nput x y\n\nget a%zz\nget \nget down\n";
  const std::string whole = Feed(kInput);
  for (size_t split = 1; split < kInput.size(); ++split) {
    Use(&tcp_table_, Connection::Service::kAnswered);
    const std::string first = Feed(kInput.substr(0, split));
    EXPECT_EQ(first + Feed(kInput.substr(split)), whole) << split;
  }
}

TEST_F(ConnectionTest, StaysInStepAfterMalformedLines) {
  EXPECT_EQ(Feed("hello\nget %\nput a b\nget \nget me\n"),
            "400 malformed request\n"
            "400 malformed hexadecimal code in the key\n"
            "500 put is not supported\n"
            "500 not found\n"
            "200 me@example.org\n");
  EXPECT_EQ(lookups_, 1) << "only the last line asks for anything";
}

TEST_F(ConnectionTest, ForgetsTheReasonOfAnEarlierLookup) {
  EXPECT_EQ(Feed("get me\nget down\n"),
            "200 me@example.org\n400 temporary failure\n");
}

TEST_F(ConnectionTest, DoesNotAnswerAPartialLineAtItsEnd) {
  EXPECT_EQ(Feed("get me\nget m"), "200 me@example.org\n");
  connection_->EndInput();
  EXPECT_TRUE(connection_->Finished());
}

TEST_F(ConnectionTest, StaysOpenWithoutARequest) {
  EXPECT_EQ(Feed(""), "");
  EXPECT_FALSE(connection_->Finished());
}

TEST_F(ConnectionTest, ClosesAtAnEndlessLine) {
  const std::string part(60000, 'x');
  EXPECT_EQ(Feed("get me\n" + part), "200 me@example.org\n");
  EXPECT_EQ(Feed(part), "");
  EXPECT_FALSE(connection_->Finished());
  EXPECT_EQ(Feed(part), "");
  EXPECT_TRUE(connection_->Finished());
}

TEST_F(ConnectionTest, ClosesAtAMalformedNetstringAfterTheReplies) {
  UseSocketmap();
  EXPECT_EQ(Feed("7:maps me,7;maps me,7:maps me,"), "17:OK me@example.org,");
  EXPECT_EQ(lookups_, 1) << "what follows cannot be told from garbage";
  EXPECT_TRUE(connection_->Finished());
}

TEST_F(ConnectionTest, ClosesAtAnOversizeNetstring) {
  UseSocketmap();
  EXPECT_EQ(Feed("100001:"), "");
  EXPECT_TRUE(connection_->Finished());
}

TEST_F(ConnectionTest, AnswersEverySocketmapRequestOnce) {
  UseSocketmap();
  EXPECT_EQ(Feed("7:maps me,9:maps down,5:maps ,4:maps,7:nope me,"),
            "17:OK me@example.org,22:TEMP temporary failure,9:NOTFOUND ,"
            "47:PERM malformed request: no space after the name,"
            "30:PERM \"nope\" is not served here,");
}

TEST_F(ConnectionTest, WaitingRequestsAreAnsweredWhenTheClientReads) {
  std::string requests;
  for (int i = 0; i < 20; ++i) requests += "get big\n";
  FeedWithoutSending(requests + "get me\nget");
  EXPECT_LT(lookups_, 20) << "no reply is made that nobody reads";
  EXPECT_EQ(connection_->kept_bytes(), buffers_.output.size() +
                                           requests.size() + 10 -
                                           static_cast<size_t>(lookups_) * 8);
  const std::string replies = Drain();
  EXPECT_EQ(replies.size(), 20U * 4005 + 19);
  EXPECT_EQ(connection_->kept_bytes(), 3U);
  EXPECT_EQ(Feed(" you\n"), "500 not found\n");
  EXPECT_TRUE(connection_->IsAtRest());
}

TEST_F(ConnectionTest, RepliesAreSentInParts) {
  Receive("get me\n");
  connection_->Keep("example.org\n");
  EXPECT_EQ(connection_->unsent(), "example.org\n");
  connection_->Sent(8);
  EXPECT_EQ(connection_->unsent(), "org\n");
  EXPECT_FALSE(connection_->HasMore());
  connection_->Sent(4);
  EXPECT_EQ(connection_->unsent(), "");
}

TEST_F(ConnectionTest, RepliesOfOneReadAreBounded) {
  std::string requests;
  for (int i = 0; i < 1000; ++i) requests += "get big\n";
  Receive(requests);
  EXPECT_GT(buffers_.output.size(), Connection::kMaxBurstBytes);
  EXPECT_LT(buffers_.output.size(), Connection::kMaxBurstBytes + 4100);
  EXPECT_TRUE(connection_->HasMore());
  EXPECT_EQ(buffers_.output.size() + Feed("").size(), 1000U * 4005);
}

TEST_F(ConnectionTest, ClientThatBrokeARuleIsHeardNoMoreWhenItReads) {
  UseSocketmap();
  FeedWithoutSending("7:maps me,garbage7:maps me,");
  EXPECT_FALSE(connection_->Finished()) << "it is still owed a reply";
  EXPECT_EQ(Drain(), "17:OK me@example.org,");
  EXPECT_FALSE(connection_->HasMore());
  EXPECT_TRUE(connection_->Finished());
}

TEST_F(ConnectionTest, ClientThatShutsDownItsSideGetsItsReplies) {
  FeedWithoutSending("get me\nget you\nget me");
  connection_->EndInput();
  EXPECT_FALSE(connection_->Finished());
  EXPECT_EQ(Drain(), "200 me@example.org\n500 not found\n");
  EXPECT_TRUE(connection_->Finished());
}

TEST_F(ConnectionTest, EndsAfterTheNextRequest) {
  EXPECT_EQ(Feed("get me\nge"), "200 me@example.org\n");
  connection_->EndAfterNext();
  EXPECT_FALSE(connection_->Finished());
  EXPECT_EQ(Feed("t you\nget me\nget me\n"), "500 not found\n");
  EXPECT_TRUE(connection_->Finished());
  EXPECT_EQ(lookups_, 2);
}

TEST_F(ConnectionTest, ClientThatIsTurnedAwayGetsOneTemporaryReply) {
  TurnAway();
  EXPECT_EQ(Feed("get "), "");
  EXPECT_FALSE(connection_->Finished());
  EXPECT_EQ(Feed("me\nget me\n"), "400 too many connections\n");
  EXPECT_TRUE(connection_->Finished());
  EXPECT_EQ(lookups_, 0);
}

TEST_F(ConnectionTest, ClientWhoseUserIsUnknownGetsOneTemporaryReply) {
  Use(&tcp_table_, Connection::Service::kUnknownUser);
  EXPECT_EQ(Feed("get me\nget me\n"),
            "400 the user of this connection is unknown\n");
  EXPECT_TRUE(connection_->Finished());
  EXPECT_EQ(lookups_, 0);
}

TEST_F(ConnectionTest, ClientThatIsTurnedAwayGetsNoWrongNotFound) {
  for (const char* request : {"get \n", "put x\n", "hello\n"}) {
    TurnAway();
    EXPECT_TRUE(absl::StartsWith(Feed(request), "400 ")) << request;
  }
}

}  // namespace
}  // namespace postmirror
