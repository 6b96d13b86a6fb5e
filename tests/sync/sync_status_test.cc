#include "sync/sync_status.h"

#include <gmock/gmock.h>
#include <sys/syscall.h>

#include <cerrno>
#include <string>

#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"
#include "tests/schema/store/store_fixture.h"
#include "tests/sync/failing_call.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

MapStatus Map(const std::string& name) {
  MapStatus map;
  map.name = name;
  return map;
}

// One server with a map of each kind, and one that was never reached.
SyncStatus Example() {
  const Moment moment = {.boot_id = "0e0cbf0b-0000-4000-8000-000000000001",
                         .since_boot = absl::Hours(3) + absl::Nanoseconds(7),
                         .wall = absl::FromUnixNanos(1700000000123456789)};
  MapStatus confirmed = Map("/etc/a b.cf");
  confirmed.confirmed = moment;
  confirmed.entries = 0;
  MapStatus held = Map("/etc/x=y.cf");
  held.confirmed = moment;
  held.held_removals = 12;
  held.held_values = 3;
  held.held_additions = 0;
  held.held_digest = "0123456789abcdef";
  held.held_reason = "the database lacks 12 entries";
  held.waiting_removals = 2;
  held.waiting_additions = 1;
  MapStatus broken = Map("/etc/broken.cf");
  broken.confirmed = moment;
  broken.broken = "no such table (1146); restore it = mend it";
  broken.broken_since = moment;
  MapStatus waiting = Map("/etc/waiting.cf");
  waiting.waiting_removals = 3;
  waiting.waiting_additions = 4;
  ServerStatus followed;
  followed.hosts = "127.0.0.1:3306, unix:/run/mysqld/mysqld.sock";
  followed.server = "10.11.19-MariaDB at 127.0.0.1:3306";
  followed.change_source = "lsn";
  followed.reason = "every table is InnoDB";
  followed.doubt = "host a is read";
  followed.unfit = "host b would not do";
  followed.last_error = "2026-01-01T00:00:00+00:00 map = x";
  followed.maps = {confirmed, held, broken, waiting};
  ServerStatus unreached;
  unreached.hosts = "db.example.org";
  unreached.error = "server db.example.org: connect: checksum = no";
  unreached.maps = {Map("/etc/new.cf")};
  return {.servers = {followed, unreached}};
}

bool IsDamaged(absl::string_view text) {
  return absl::IsDataLoss(DecodeSyncStatus(text).status());
}

TEST(SyncStatusTest, DecodesWhatItEncoded) {
  const absl::StatusOr<SyncStatus> decoded =
      DecodeSyncStatus(EncodeSyncStatus(Example()));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, Example());
}

TEST(SyncStatusTest, AFaultOfTheStoreComesBack) {
  SyncStatus status = Example();
  status.store_fault = "store /x: another process holds the lock";
  status.store_doubt = "store /x: process 17 reads commit 5";
  status.data_file = "65025:4711";
  const absl::StatusOr<SyncStatus> decoded =
      DecodeSyncStatus(EncodeSyncStatus(status));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(*decoded, status);
}

TEST(SyncStatusTest, AStatusWithoutServersIsAStatus) {
  const absl::StatusOr<SyncStatus> decoded =
      DecodeSyncStatus(EncodeSyncStatus({}));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, SyncStatus());
}

TEST(SyncStatusTest, AnErrorOfSeveralLinesBecomesOne) {
  SyncStatus status = Example();
  status.servers[1].error = "one\nheld_digest = two";
  const absl::StatusOr<SyncStatus> decoded =
      DecodeSyncStatus(EncodeSyncStatus(status));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->servers[1].error, "one; held_digest = two");
}

TEST(SyncStatusTest, EachByteThatChangedIsDamage) {
  const std::string text = EncodeSyncStatus(Example());
  for (size_t i = 0; i < text.size(); ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_TRUE(IsDamaged(damaged)) << i;
  }
}

TEST(SyncStatusTest, EachByteThatIsMissingIsDamage) {
  const std::string text = EncodeSyncStatus(Example());
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_TRUE(IsDamaged(text.substr(0, i))) << i;
    EXPECT_TRUE(IsDamaged(absl::StrCat(text.substr(0, i), text.substr(i + 1))))
        << i;
  }
}

// So that an upgrade does not release what is held.
TEST(SyncStatusTest, AStatusWithoutReasonsIsRead) {
  std::string text =
      "hosts = db\nmap = /a.cf\nheld_removals = 12\n"
      "held_digest = 0123456789abcdef\nlargest_entries = 100\n"
      "largest_boot_id = b\nlargest_since_boot_ns = 1\nlargest_wall_ns = 2\n";
  absl::StrAppend(&text, "checksum = ", DigestText(text), "\n");
  const absl::StatusOr<SyncStatus> status = DecodeSyncStatus(text);
  ASSERT_TRUE(status.ok()) << status.status();
  const MapStatus& map = status->servers[0].maps[0];
  EXPECT_EQ(map.held_digest, "0123456789abcdef");
  ASSERT_TRUE(map.largest.has_value());
  EXPECT_EQ(map.largest->entries, 100U);
}

TEST(SyncStatusTest, WhatFollowsTheChecksumIsDamage) {
  const std::string text = EncodeSyncStatus(Example());
  EXPECT_TRUE(IsDamaged(text + "x"));
  EXPECT_TRUE(IsDamaged(text + text));
}

TEST(SyncStatusTest, IsReplacedInTheFolderAsAWhole) {
  const TemporaryFolder folder;
  EXPECT_EQ(ReadSyncStatus(folder.path()).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_EQ(WriteSyncStatus(folder.path(), {}), absl::OkStatus());
  ASSERT_EQ(WriteSyncStatus(folder.path(), Example()), absl::OkStatus());
  const absl::StatusOr<SyncStatus> read = ReadSyncStatus(folder.path());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, Example());
}

// Nothing else keeps a hold where a power cut damages the store.
TEST(SyncStatusTest, IsSyncedToDiskWhileAMapIsHeld) {
  const TemporaryFolder folder;
  const auto written = [&](const SyncStatus& status) {
    return InChild([&]() -> std::string {
      if (!MakeFail(SYS_fdatasync, EIO)) return kNoFilters;
      return CodeOf(WriteSyncStatus(folder.path(), status));
    });
  };
  SyncStatus status = Example();
  const std::string held = written(status);
  if (held == kNoFilters) GTEST_SKIP() << held;
  EXPECT_EQ(held, "RESOURCE_EXHAUSTED");
  for (MapStatus& map : status.servers[0].maps) map.held_digest.clear();
  EXPECT_EQ(written(status), "OK");
}

}  // namespace
}  // namespace postmirror
