#include "sync/status_line.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

MapStatus Map(absl::string_view name, bool filled) {
  MapStatus map;
  map.name = std::string(name);
  if (filled) map.confirmed = Moment{};
  return map;
}

SyncStatus OneServer() {
  ServerStatus server;
  server.hosts = "a:3306, b:3306";
  server.server = "b:3306";
  server.change_source = "binlog";
  server.maps = {Map("/aliases.cf", true), Map("/domains.cf", false)};
  return {.servers = {server}};
}

TEST(StatusLineTest, TellsWhatIsFollowedAndFilled) {
  EXPECT_EQ(StatusLine(OneServer()),
            "following b:3306 by binlog; maps filled: 1 of 2");
}

TEST(StatusLineTest, TellsWhyTheServerCannotBeRead) {
  SyncStatus status = OneServer();
  status.servers[0].server.clear();
  status.servers[0].error = "connect: refused";
  EXPECT_EQ(StatusLine(status),
            "a:3306, b:3306 cannot be read: connect: refused; "
            "maps filled: 1 of 2");
}

TEST(StatusLineTest, TellsThatItIsConnecting) {
  SyncStatus status = OneServer();
  status.servers[0].server.clear();
  EXPECT_EQ(StatusLine(status),
            "connecting to a:3306, b:3306; maps filled: 1 of 2");
}

TEST(StatusLineTest, TellsWhatIsHeld) {
  SyncStatus status = OneServer();
  status.servers[0].maps[0].held_digest = "0123456789abcdef";
  EXPECT_EQ(StatusLine(status),
            "following b:3306 by binlog; maps filled: 1 of 2; "
            "held by the guard: /aliases.cf");
}

TEST(StatusLineTest, TellsWhatIsBroken) {
  SyncStatus status = OneServer();
  status.servers[0].maps[0].broken = "no such table (1146)";
  EXPECT_EQ(StatusLine(status),
            "following b:3306 by binlog; maps filled: 1 of 2; "
            "broken: /aliases.cf");
}

TEST(StatusLineTest, TellsThatTheStoreCannotBeWritten) {
  SyncStatus status = OneServer();
  status.store_fault = "another process holds the lock";
  EXPECT_EQ(StatusLine(status),
            "following b:3306 by binlog; maps filled: 1 of 2; "
            "another process holds the lock");
}

}  // namespace
}  // namespace postmirror
