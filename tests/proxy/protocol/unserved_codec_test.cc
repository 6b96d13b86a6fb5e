#include "proxy/protocol/unserved_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "proxy/connection.h"
#include "tests/proxy/postfix_client.h"

namespace postmirror {
namespace {

// Everything that is sent back for `bytes`.
std::string Answer(
    absl::string_view bytes,
    Connection::Service service = Connection::Service::kAnswered) {
  const UnservedCodec codec;
  Connection connection(&codec, service);
  ReplyBuffers buffers;
  connection.Receive(
      bytes,
      [](size_t, absl::string_view, std::string*) {
        ADD_FAILURE() << "nothing is looked up";
        return Outcome::kNotFound;
      },
      &buffers);
  return buffers.output;
}

constexpr char kTcpTableReply[] =
    "400 no entry of listen in postmirror.cf has this address\n";
constexpr char kSocketmapReply[] =
    "57:TEMP no entry of listen in postmirror.cf has this address,";

TEST(UnservedCodecTest, AnswersTcpTableTemporarily) {
  EXPECT_EQ(Answer("get user@example.org\n"), kTcpTableReply);
}

TEST(UnservedCodecTest, AnswersSocketmapTemporarily) {
  EXPECT_EQ(Answer(SocketmapRequest("virtual_alias_maps", "user@example.org")),
            kSocketmapReply);
}

TEST(UnservedCodecTest, AnEmptyKeyIsTemporaryToo) {
  EXPECT_EQ(Answer("get \n"), kTcpTableReply);
  EXPECT_EQ(Answer(SocketmapRequest("virtual_alias_maps", "")),
            kSocketmapReply);
}

TEST(UnservedCodecTest, AnswersEveryRequest) {
  EXPECT_EQ(Answer("get a\nget b\n"),
            absl::StrCat(kTcpTableReply, kTcpTableReply));
}

TEST(UnservedCodecTest, WaitsForAWholeRequest) {
  EXPECT_EQ(Answer("get a"), "");
  EXPECT_EQ(Answer("12:virtual"), "");
}

TEST(UnservedCodecTest, ATurnedAwayClientIsAnsweredInItsProtocol) {
  EXPECT_EQ(Answer("get a\n", Connection::Service::kTurnedAway),
            kTcpTableReply);
}

}  // namespace
}  // namespace postmirror
