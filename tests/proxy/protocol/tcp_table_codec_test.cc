#include "proxy/protocol/tcp_table_codec.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/proxy/postfix_client.h"

namespace postmirror {
namespace {

class TcpTableCodecTest : public testing::Test {
 protected:
  std::string Reply(Outcome outcome, absl::string_view text = "") {
    std::string output;
    codec_.AppendReply(outcome, text, &output);
    return output;
  }
  std::string Found(absl::string_view value) {
    return Reply(Outcome::kFound, value);
  }

  static PostfixResult Postfix(absl::string_view reply) {
    PostfixResult result = TakeTcpTableReply(&reply);
    EXPECT_EQ(reply, "") << "one line for one request";
    return result;
  }

  // Parses one whole line.
  Request Parse(absl::string_view line) {
    Request request;
    EXPECT_EQ(codec_.Take(&line, &request), Progress::kComplete);
    EXPECT_EQ(line, "");
    return request;
  }
  Request::Kind KindOf(absl::string_view line) { return Parse(line).kind; }

  const TcpTableCodec codec_{2};
};

// Replies.

TEST_F(TcpTableCodecTest, FoundIs200AndTheValue) {
  EXPECT_EQ(Found("a@b"), "200 a@b\n");
  EXPECT_EQ(Postfix(Found("a@b")), PostfixResult::Found("a@b"));
}

TEST_F(TcpTableCodecTest, EmptyValueIsTemporary) {
  EXPECT_EQ(Postfix(Found("")), PostfixResult::Retry());
}

TEST_F(TcpTableCodecTest, EveryReplyHasThreeDigitsASpaceAndText) {
  std::string refusal;
  codec_.AppendRefusal("", &refusal);
  for (const std::string& reply :
       {Found("x"), Found(""), Reply(Outcome::kNotFound),
        Reply(Outcome::kTemporary), Reply(Outcome::kTemporary, " "), refusal}) {
    EXPECT_NE(Postfix(reply).kind, PostfixResult::Kind::kMalformed) << reply;
    EXPECT_GT(reply.size(), 5U) << reply;
  }
}

TEST_F(TcpTableCodecTest, NotFoundIs500AndAnyText) {
  EXPECT_EQ(Reply(Outcome::kNotFound), "500 not found\n");
  EXPECT_EQ(Postfix(Reply(Outcome::kNotFound)), PostfixResult::NotFound());
}

TEST_F(TcpTableCodecTest, NoTextHoldsABarePercent) {
  EXPECT_EQ(Reply(Outcome::kTemporary, "50% broken"), "400 50%25 broken\n");
  EXPECT_EQ(Postfix(Reply(Outcome::kTemporary, "50% broken")),
            PostfixResult::Retry());
  EXPECT_EQ(Found("50%"), "200 50%25\n");
}

TEST_F(TcpTableCodecTest, TemporaryIs400AndTheReason) {
  EXPECT_EQ(Reply(Outcome::kTemporary, "store: not filled"),
            "400 store: not filled\n");
}

TEST_F(TcpTableCodecTest, ReasonIsBoundedAndOneLine) {
  const std::string reply =
      Reply(Outcome::kTemporary, std::string(100000, '\n'));
  EXPECT_EQ(Postfix(reply), PostfixResult::Retry());
  EXPECT_LT(reply.size(), 1000U);
}

TEST_F(TcpTableCodecTest, NoCarriageReturnIsSent) {
  EXPECT_EQ(Found("a@b\r"), "200 a@b%0D\n");
  EXPECT_FALSE(absl::StrContains(Reply(Outcome::kNotFound), '\r'));
}

TEST_F(TcpTableCodecTest, SpacesCommasAndNewlinesOfAValueArriveAsTheyAre) {
  EXPECT_EQ(Postfix(Found(" a@b, c@d\n\te")),
            PostfixResult::Found(" a@b, c@d\n\te"));
}

TEST_F(TcpTableCodecTest, InvalidUtf8OfAValueIsSentAsItIs) {
  EXPECT_EQ(Found("j\xffx"), "200 j%FFx\n");
}

TEST_F(TcpTableCodecTest, LineOf4096BytesIsSent) {
  const std::string value(4091, 'x');
  EXPECT_EQ(Found(value).size(), 4096U);
  EXPECT_EQ(Postfix(Found(value)), PostfixResult::Found(value));
}

TEST_F(TcpTableCodecTest, LineOf4097BytesIsTemporary) {
  EXPECT_EQ(Postfix(Found(std::string(4092, 'x'))), PostfixResult::Retry());
}

TEST_F(TcpTableCodecTest, LineThatCodingMakesTooLongIsTemporary) {
  std::string output = "500 not found\n";
  codec_.AppendReply(Outcome::kFound, std::string(1364, ' '), &output);
  ASSERT_TRUE(absl::StartsWith(output, "500 not found\n400 "));
  EXPECT_EQ(Postfix(output.substr(14)), PostfixResult::Retry());
  EXPECT_EQ(Postfix(Found(std::string(1363, ' '))),
            PostfixResult::Found(std::string(1363, ' ')));
}

TEST_F(TcpTableCodecTest, HugeValueIsTemporary) {
  EXPECT_EQ(Postfix(Found(std::string(1 << 20, 'x'))), PostfixResult::Retry());
}

TEST_F(TcpTableCodecTest, ValueWithANullByteIsTemporary) {
  EXPECT_EQ(Postfix(Found(absl::string_view("a\0b", 3))),
            PostfixResult::Retry());
}

TEST_F(TcpTableCodecTest, RefusalIs500) {
  std::string output;
  codec_.AppendRefusal("put is not supported", &output);
  EXPECT_EQ(output, "500 put is not supported\n");
}

// Requests.

TEST_F(TcpTableCodecTest, GetAsksForTheKeyInTheServedParameter) {
  const Request request = Parse("get user@example.org\n");
  EXPECT_EQ(request.kind, Request::Kind::kLookup);
  EXPECT_EQ(request.parameter, 2U);
  EXPECT_EQ(request.text, "user@example.org");
}

TEST_F(TcpTableCodecTest, KeyIsDecodedInEitherCase) {
  EXPECT_EQ(Parse("get a%20b+c%25d\n").text, "a b+c%d");
  EXPECT_EQ(Parse("get j%c3%BCrgen@%C3%89\n").text, "j\xc3\xbcrgen@\xc3\x89");
  EXPECT_EQ(Parse("get a%0Ab%0Dc\n").text, "a\nb\rc");
}

TEST_F(TcpTableCodecTest, KeyWithUncodedBytesIsTakenAsItIs) {
  EXPECT_EQ(Parse("get a b \xc3\xbc\n").text, "a b \xc3\xbc");
}

TEST_F(TcpTableCodecTest, CarriageReturnBelongsToTheKey) {
  EXPECT_EQ(Parse("get a@b\r\n").text, "a@b\r");
}

TEST_F(TcpTableCodecTest, WaitsForTheNewline) {
  Request request;
  for (absl::string_view input : {"", "g", "get a@b", "get a@b\r", "put x"}) {
    const absl::string_view whole = input;
    EXPECT_EQ(codec_.Take(&input, &request), Progress::kIncomplete);
    EXPECT_EQ(input, whole);
  }
}

TEST_F(TcpTableCodecTest, TakesOneLineAtATime) {
  absl::string_view input = "get a\nget b\nget ";
  Request request;
  ASSERT_EQ(codec_.Take(&input, &request), Progress::kComplete);
  EXPECT_EQ(request.text, "a");
  ASSERT_EQ(codec_.Take(&input, &request), Progress::kComplete);
  EXPECT_EQ(request.text, "b");
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kIncomplete);
}

TEST_F(TcpTableCodecTest, EmptyKeyIsNotFound) {
  EXPECT_EQ(KindOf("get \n"), Request::Kind::kEmptyKey);
}

TEST_F(TcpTableCodecTest, PutIsRefused) {
  EXPECT_EQ(KindOf("put key value\n"), Request::Kind::kRefused);
  EXPECT_EQ(KindOf("put \n"), Request::Kind::kRefused);
  EXPECT_EQ(KindOf("put\n"), Request::Kind::kRefused);
}

TEST_F(TcpTableCodecTest, LineThatIsNoGetIsMalformed) {
  for (const char* line :
       {"\n", "get\n", "GET a\n", " get a\n", "get\ta\n", "gets a\n", "putty\n",
        "hello\n", "EHLO example.org\r\n"}) {
    EXPECT_EQ(KindOf(line), Request::Kind::kMalformed) << line;
  }
}

TEST_F(TcpTableCodecTest, BadHexadecimalCodeIsMalformed) {
  for (const char* line :
       {"get %\n", "get a%4\n", "get a%zz\n", "get 100% x\n"}) {
    EXPECT_EQ(KindOf(line), Request::Kind::kMalformed) << line;
  }
}

TEST_F(TcpTableCodecTest, NullByteInTheKeyIsMalformed) {
  EXPECT_EQ(KindOf("get a%00b\n"), Request::Kind::kMalformed);
  EXPECT_EQ(KindOf("get %00\n"), Request::Kind::kMalformed);
  EXPECT_EQ(KindOf(absl::string_view("get a\0b\n", 8)),
            Request::Kind::kMalformed);
}

TEST_F(TcpTableCodecTest, LineOf64KibibytesIsFollowed) {
  const std::string key(size_t{64} * 1024, 'x');
  EXPECT_EQ(Parse(absl::StrCat("get ", key, "\n")).text, key);
}

TEST_F(TcpTableCodecTest, EndlessLineIsNotFollowed) {
  Request request;
  std::string line(TcpTableCodec::kMaxLineBytes - 1, 'x');
  absl::string_view input = line;
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kIncomplete);
  line.push_back('x');
  input = line;
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kBroken);
  line.push_back('\n');
  input = line;
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kBroken);
}

TEST_F(TcpTableCodecTest, WhatPostfixSendsIsUnderstood) {
  std::string key;
  for (int byte = 1; byte < 256; ++byte) key.push_back(static_cast<char>(byte));
  EXPECT_EQ(Parse(TcpTableGet(key)).text, key);
}

TEST_F(TcpTableCodecTest, SaysWhatItsReplyTells) {
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

TEST_F(TcpTableCodecTest, NamesTheProtocolOfABrokenRequestToo) {
  Request request;
  request.protocol = Protocol::kSocketmap;
  const std::string broken(200000, 'x');
  absl::string_view input = broken;
  EXPECT_EQ(codec_.Take(&input, &request), Progress::kBroken);
  EXPECT_EQ(request.protocol, Protocol::kTcpTable);
}

}  // namespace
}  // namespace postmirror
