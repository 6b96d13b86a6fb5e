#include "sync/mariadb/server_error.h"

#include <gtest/gtest.h>

#include <string>

namespace postmirror {
namespace {

absl::StatusCode CodeOf(unsigned number) {
  return ServerError("127.0.0.1", "query", number, "text").code();
}

absl::StatusCode CodeOfLogOn(unsigned number) {
  return ServerError("127.0.0.1", kConnectStep, number, "text").code();
}

TEST(ServerErrorTest, LostAndRefusedConnectionsAreUnavailable) {
  for (unsigned number :
       {2002U, 2003U, 2006U, 2013U, 2014U, 2026U, 2027U, 1053U, 1927U, 5021U}) {
    EXPECT_EQ(CodeOf(number), absl::StatusCode::kUnavailable) << number;
  }
}

TEST(ServerErrorTest, RefusedAccountsAreUnauthenticated) {
  for (unsigned number :
       {1044U, 1045U, 1130U, 1698U, 1820U, 1862U, 2026U, 4151U}) {
    EXPECT_EQ(CodeOfLogOn(number), absl::StatusCode::kUnauthenticated)
        << number;
  }
}

TEST(ServerErrorTest, AWantedPasswordNamesTheCure) {
  const absl::Status status =
      ServerError("db", kConnectStep, 5010, "no 'tive_password'");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  const std::string message(status.message());
  EXPECT_NE(message.find("ALTER USER"), message.npos) << message;
  EXPECT_EQ(message.find("'tive_password'"), message.npos) << message;
}

TEST(ServerErrorTest, LimitsThatAreReachedAreExhausted) {
  for (unsigned number : {1040U, 1203U, 1226U}) {
    EXPECT_EQ(CodeOf(number), absl::StatusCode::kResourceExhausted) << number;
    EXPECT_EQ(CodeOfLogOn(number), absl::StatusCode::kResourceExhausted)
        << number;
  }
}

// Such a statement is refused for a definer that is gone.
TEST(ServerErrorTest, AStatementIsNotRefusedForThePassword) {
  const absl::Status status = ServerError("db", "query", 1045, "denied");
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(status.message().find("the definer of a view"),
            absl::string_view::npos);
}

TEST(ServerErrorTest, MissingGrantsArePermissionDenied) {
  for (unsigned number : {1142U, 1143U, 1227U}) {
    EXPECT_EQ(CodeOf(number), absl::StatusCode::kPermissionDenied) << number;
  }
}

TEST(ServerErrorTest, APacketThatIsTooLongIsOutOfRange) {
  EXPECT_EQ(CodeOf(2020), absl::StatusCode::kOutOfRange);
}

TEST(ServerErrorTest, AServerIdThatIsTakenAlreadyExists) {
  EXPECT_EQ(CodeOf(4052), absl::StatusCode::kAlreadyExists);
}

TEST(ServerErrorTest, MissingThingsAreNotFound) {
  for (unsigned number : {1049U, 1054U, 1146U}) {
    EXPECT_EQ(CodeOf(number), absl::StatusCode::kNotFound) << number;
  }
}

TEST(ServerErrorTest, ReadsThatTheServerGaveUpAreAborted) {
  for (unsigned number : {1020U, 1205U, 1213U, 1317U, 1412U, 1969U}) {
    EXPECT_EQ(CodeOf(number), absl::StatusCode::kAborted) << number;
  }
}

TEST(ServerErrorTest, AnythingElseIsInternal) {
  EXPECT_EQ(CodeOf(1064), absl::StatusCode::kInternal);
}

TEST(ServerErrorTest, MessageIsOneBoundedLine) {
  EXPECT_EQ(
      std::string(ServerError("db", "query", 1064, "near\n'x'").message()),
      "server db: query: near 'x' (1064)");
  EXPECT_LT(
      ServerError("db", "query", 1064, std::string(5000, 'x')).message().size(),
      400U);
}

}  // namespace
}  // namespace postmirror
