#include "proxy/protocol/socketmap_codec.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/proxy/postfix_client.h"

namespace postmirror {
namespace {

class SocketmapCodecTest : public testing::Test {
 protected:
  std::string Reply(Outcome outcome, absl::string_view text = "") {
    std::string output;
    codec_.AppendReply(outcome, text, &output);
    return output;
  }
  std::string Found(absl::string_view value) {
    return Reply(Outcome::kFound, value);
  }
  std::string Refusal(absl::string_view reason) {
    std::string output;
    codec_.AppendRefusal(reason, &output);
    return output;
  }

  static PostfixResult Postfix(absl::string_view reply) {
    PostfixResult result = TakeSocketmapReply(&reply);
    EXPECT_EQ(reply, "") << "one netstring for one request";
    return result;
  }

  // Parses one whole request.
  Request Parse(absl::string_view payload) {
    const std::string netstring =
        absl::StrCat(payload.size(), ":", payload, ",");
    absl::string_view input = netstring;
    Request request;
    EXPECT_EQ(codec_.Take(&input, &request), Progress::kComplete);
    EXPECT_EQ(input, "");
    return request;
  }
  Request::Kind KindOf(absl::string_view payload) {
    return Parse(payload).kind;
  }

  const SocketmapCodec codec_{
      {"virtual_mailbox_domains", "virtual_alias_maps"}};
};

// Replies.

TEST_F(SocketmapCodecTest, FoundIsOkAndTheValue) {
  EXPECT_EQ(Found("me@example.org"), "17:OK me@example.org,");
  EXPECT_EQ(Postfix(Found(" x")), PostfixResult::Found(" x"));
}

TEST_F(SocketmapCodecTest, EmptyValueIsTemporary) {
  EXPECT_EQ(Postfix(Found("")), PostfixResult::Retry());
}

TEST_F(SocketmapCodecTest, OkIsNeverWithoutItsSpace) {
  EXPECT_TRUE(absl::StartsWith(Found("x"), "4:OK "));
}

TEST_F(SocketmapCodecTest, NotFoundIsNotfound) {
  EXPECT_EQ(Reply(Outcome::kNotFound), "9:NOTFOUND ,");
  EXPECT_EQ(Postfix(Reply(Outcome::kNotFound)), PostfixResult::NotFound());
}

TEST_F(SocketmapCodecTest, TemporaryIsTempAndTheReason) {
  EXPECT_EQ(Reply(Outcome::kTemporary, "not filled"), "15:TEMP not filled,");
  EXPECT_EQ(Postfix(Reply(Outcome::kTemporary, "")), PostfixResult::Retry());
}

TEST_F(SocketmapCodecTest, RefusalIsPerm) {
  EXPECT_EQ(Refusal("why"), "8:PERM why,");
  EXPECT_EQ(Postfix(Refusal("why")), PostfixResult::Configuration());
}

TEST_F(SocketmapCodecTest, EveryReplyHasAStatusThatPostfixKnows) {
  for (const std::string& reply :
       {Found("x"), Found(""), Reply(Outcome::kNotFound, "text"),
        Reply(Outcome::kTemporary), Refusal("")}) {
    EXPECT_NE(Postfix(reply).kind, PostfixResult::Kind::kMalformed) << reply;
  }
}

TEST_F(SocketmapCodecTest, PayloadOf100000BytesIsSent) {
  const std::string value(99997, 'x');
  EXPECT_TRUE(absl::StartsWith(Found(value), "100000:OK "));
  EXPECT_EQ(Postfix(Found(value)), PostfixResult::Found(value));
}

TEST_F(SocketmapCodecTest, PayloadOf100001BytesIsTemporary) {
  EXPECT_EQ(Postfix(Found(std::string(99998, 'x'))), PostfixResult::Retry());
}

TEST_F(SocketmapCodecTest, ReasonIsBounded) {
  EXPECT_LT(Reply(Outcome::kTemporary, std::string(100000, 'x')).size(), 1000U);
  EXPECT_LT(Refusal(std::string(100000, 'x')).size(), 1000U);
}

TEST_F(SocketmapCodecTest, BytesOfAValueAreSentAsTheyAre) {
  EXPECT_EQ(Found("j\xff%\nx"), "8:OK j\xff%\nx,");
}

TEST_F(SocketmapCodecTest, ValueWithANullByteIsTemporary) {
  EXPECT_EQ(Postfix(Found(absl::string_view("a\0b", 3))),
            PostfixResult::Retry());
}

// Requests.

TEST_F(SocketmapCodecTest, NameSaysWhichParameterIsAsked) {
  const Request request = Parse("virtual_alias_maps user@example.org");
  EXPECT_EQ(request.kind, Request::Kind::kLookup);
  EXPECT_EQ(request.parameter, 1U);
  EXPECT_EQ(request.text, "user@example.org");
  EXPECT_EQ(Parse("virtual_mailbox_domains x").parameter, 0U);
}

TEST_F(SocketmapCodecTest, NameEndsAtTheFirstSpace) {
  EXPECT_EQ(Parse("virtual_alias_maps a b  c ").text, "a b  c ");
  EXPECT_EQ(Parse("virtual_alias_maps  a").text, " a");
}

TEST_F(SocketmapCodecTest, KeyIsRaw) {
  EXPECT_EQ(Parse("virtual_alias_maps a%20\xc3\xbc\n,:").text,
            "a%20\xc3\xbc\n,:");
}

TEST_F(SocketmapCodecTest, EmptyKeyIsNotFound) {
  EXPECT_EQ(KindOf("virtual_alias_maps "), Request::Kind::kEmptyKey);
}

TEST_F(SocketmapCodecTest, NameThatIsNotServedIsRefused) {
  for (const char* payload :
       {"canonical_maps x", " x", "virtual_alias_map x",
        "virtual_alias_mapsx x", "Virtual_Alias_Maps x", "canonical_maps "}) {
    EXPECT_EQ(KindOf(payload), Request::Kind::kRefused) << payload;
  }
  EXPECT_EQ(Parse("canonical_maps x").text,
            "\"canonical_maps\" is not served here");
}

TEST_F(SocketmapCodecTest, RefusedNameIsQuotedAndBounded) {
  EXPECT_EQ(Parse("a\n\xff x").text, "\"a\\n\\xff\" is not served here");
  EXPECT_LT(Parse(absl::StrCat(std::string(90000, 'a'), " x")).text.size(),
            100U);
}

TEST_F(SocketmapCodecTest, RequestWithoutASpaceIsRefused) {
  EXPECT_EQ(KindOf("virtual_alias_maps"), Request::Kind::kRefused);
  EXPECT_EQ(KindOf(""), Request::Kind::kRefused);
}

TEST_F(SocketmapCodecTest, NullByteInTheKeyIsMalformed) {
  EXPECT_EQ(KindOf(absl::string_view("virtual_alias_maps a\0b", 22)),
            Request::Kind::kMalformed);
}

TEST_F(SocketmapCodecTest, RequestOf100000BytesIsFollowed) {
  const std::string key(100000 - 19, 'x');
  EXPECT_EQ(Parse("virtual_alias_maps " + key).text, key);
}

TEST_F(SocketmapCodecTest, OversizeRequestIsNotFollowed) {
  absl::string_view input = "100001:";
  Request request;
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kBroken);
}

TEST_F(SocketmapCodecTest, WhatPostfixSendsIsUnderstood) {
  absl::string_view input = "26:virtual_alias_maps a@b.org,3:x";
  Request request;
  ASSERT_EQ(codec_.Take(&input, &request), Progress::kComplete);
  EXPECT_EQ(request.text, "a@b.org");
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kIncomplete);
}

TEST_F(SocketmapCodecTest, SaysWhatItsReplyTells) {
  std::string output;
  EXPECT_EQ(codec_.AppendReply(Outcome::kFound, "a", &output), Outcome::kFound);
  EXPECT_EQ(codec_.AppendReply(Outcome::kNotFound, "", &output),
            Outcome::kNotFound);
  EXPECT_EQ(codec_.AppendReply(Outcome::kTemporary, "why", &output),
            Outcome::kTemporary);
  EXPECT_EQ(
      codec_.AppendReply(Outcome::kFound, std::string(200000, 'x'), &output),
      Outcome::kTemporary);
}

TEST_F(SocketmapCodecTest, NamesTheProtocolOfABrokenRequestToo) {
  Request request;
  request.protocol = Protocol::kTcpTable;
  const std::string broken(200000, 'x');
  absl::string_view input = broken;
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kBroken);
  EXPECT_EQ(request.protocol, Protocol::kSocketmap);
}

}  // namespace
}  // namespace postmirror
