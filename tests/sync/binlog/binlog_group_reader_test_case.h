// A stream of events into a BinlogGroupReader that watches mail.aliases by its
// second column and mail.domains by its first.
#ifndef POSTMIRROR_TESTS_SYNC_BINLOG_GROUP_READER_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_BINLOG_GROUP_READER_TEST_CASE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync/binlog/binlog_group_reader.h"
#include "tests/sync/binlog/event_builder.h"
#include "tests/sync/binlog/hint_text.h"

namespace postmirror {

inline std::shared_ptr<const WatchList> WatchMail() {
  return std::make_shared<const WatchList>(std::vector<WatchedTable>{
      {"mail", "aliases", {1}}, {"mail", "domains", {0}}});
}

class GroupReaderTestCase : public testing::Test {
 protected:
  static constexpr char kFile[] = "bin.000001";
  static constexpr uint8_t kStandalone = 1;

  GroupReaderTestCase() {
    Take(events_.FakeRotate(kFile, 4));
    Take(events_.Format());
  }

  // What the event ends, as HintOf says it, or the error's message.
  std::string Take(const std::string& event) {
    const auto group = reader_.Take(event, watched_);
    if (!group.ok()) return std::string(group.status().message());
    if (group->has_value()) end_ = (*group)->end;
    return HintOf(*group, *watched_);
  }

  std::string Take(EventType type, absl::string_view body, uint16_t flags = 0) {
    return Take(events_.Event(type, body, flags));
  }

  void Begin(uint8_t flags = 0) {
    EXPECT_EQ(Take(events_.Gtid(flags)), "nothing");
  }

  std::string Commit() { return Take(EventType::kXid, Little(1, 8)); }
  std::string Query(absl::string_view text) {
    return Take(EventType::kQuery, QueryBody(text));
  }

  void MapAliases(uint64_t id = 1) {
    Take(EventType::kTableMap, TableMapBody(id, "aliases", {Int(), Text()}));
  }
  void MapDomains(uint64_t id = 2) {
    Take(EventType::kTableMap, TableMapBody(id, "domains", {Text()}));
  }
  void MapOther(uint64_t id = 3) {
    Take(EventType::kTableMap, TableMapBody(id, "other", {Text()}));
  }

  static FakeRow Alias(absl::string_view source) {
    return {Little(7, 4), Short(source)};
  }
  void WriteAlias(absl::string_view source, uint16_t flags = 1) {
    Take(EventType::kWriteRows, RowsBody(1, 1, {Alias(source)}, flags));
  }

  EventBuilder events_;
  std::shared_ptr<const WatchList> watched_ = WatchMail();
  BinlogGroupReader reader_{{kFile, 4}};
  BinlogPosition end_;  // of the last group that mattered
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_BINLOG_GROUP_READER_TEST_CASE_H_
