#include <gtest/gtest.h>
#include <jansson.h>

#include <memory>
#include <string>

#include "sync/ctl/status_report.h"
#include "tests/sync/ctl/status_report_test_case.h"

namespace postmirror {
namespace {

struct ReleaseJson {
  void operator()(json_t* json) const { json_decref(json); }
};

class StatusJsonTest : public StatusReportTestCase {
 protected:
  json_t* Json() {
    const std::string text = FormatJson(Judge(findings_));
    root_.reset(json_loads(text.c_str(), 0, nullptr));
    EXPECT_NE(root_, nullptr) << text;
    return root_.get();
  }

  static std::string Text(json_t* object, const char* name) {
    const char* text = json_string_value(json_object_get(object, name));
    return text == nullptr ? "(no string)" : text;
  }

  json_t* Map(size_t index) {
    return json_array_get(json_object_get(Json(), "maps"), index);
  }

 private:
  std::unique_ptr<json_t, ReleaseJson> root_;
};

TEST_F(StatusJsonTest, SaysWhatTheReportSays) {
  Hold();
  EXPECT_EQ(Text(Json(), "health"), "critical");
  EXPECT_EQ(Text(Json(), "summary"),
            "map /etc/aliases.cf is held: 8 removals wait");
  json_t* const map = Map(0);
  EXPECT_EQ(Text(map, "name"), kAliases);
  EXPECT_EQ(Text(map, "state"), "held");
  EXPECT_EQ(Text(map, "key_collation"), "utf8mb4_general_ci");
  EXPECT_EQ(Text(map, "held_digest"), "0123456789abcdef");
  EXPECT_EQ(Text(map, "held_reason"), "the database lacks much of it");
  EXPECT_EQ(json_integer_value(json_object_get(map, "held_values")), 0);
  EXPECT_EQ(json_integer_value(json_object_get(map, "entries")), 9);
  EXPECT_EQ(json_integer_value(json_object_get(map, "held_removals")), 8);
  EXPECT_EQ(json_real_value(json_object_get(map, "freshness_seconds")), 1.0);
}

TEST_F(StatusJsonTest, NamesWhatIsBrokenAndWhatWaits) {
  Break(absl::Seconds(7));
  server().maps[1].waiting_removals = 3;
  server().maps[1].waiting_additions = 1;
  EXPECT_EQ(Text(Map(0), "state"), "broken");
  EXPECT_EQ(Text(Map(0), "broken"), "no such table (1146); restore it");
  EXPECT_EQ(json_real_value(json_object_get(Map(0), "broken_seconds")), 7.0);
  EXPECT_TRUE(json_is_null(json_object_get(Map(1), "broken_seconds")));
  EXPECT_EQ(json_integer_value(json_object_get(Map(1), "waiting_removals")), 3);
  EXPECT_EQ(json_integer_value(json_object_get(Map(1), "waiting_additions")),
            1);
}

TEST_F(StatusJsonTest, NamesTheServers) {
  server().error = "a \"quoted\" error\\";
  server().unfit = "host b would not do";
  server().last_error = "an earlier one";
  json_t* const json = json_array_get(json_object_get(Json(), "servers"), 0);
  EXPECT_EQ(Text(json, "last_error"), "an earlier one");
  EXPECT_EQ(Text(json, "hosts"), "127.0.0.1");
  EXPECT_EQ(Text(json, "server"), "10.11.19-MariaDB at 127.0.0.1");
  EXPECT_EQ(Text(json, "change_source"), "lsn");
  EXPECT_EQ(Text(json, "reason"), "every table is InnoDB");
  EXPECT_EQ(Text(json, "unfit"), "host b would not do");
  EXPECT_EQ(Text(json, "error"), "a \"quoted\" error\\");
}

TEST_F(StatusJsonTest, NamesTheProxy) {
  EXPECT_TRUE(json_is_null(json_object_get(Json(), "proxy")));
  findings_.proxy.emplace().version = "1.2.3";
  findings_.proxy->commit = 9;
  json_t* const proxy = json_object_get(Json(), "proxy");
  EXPECT_EQ(Text(proxy, "version"), "1.2.3");
  EXPECT_EQ(json_integer_value(json_object_get(proxy, "commit")), 9);
}

TEST_F(StatusJsonTest, FreshnessThatIsNotKnownIsNull) {
  server().maps[0].confirmed.reset();
  EXPECT_TRUE(json_is_null(json_object_get(Map(0), "freshness_seconds")));
}

TEST_F(StatusJsonTest, ANameThatIsNoUtf8DoesNotSpoilTheWhole) {
  findings_.maps[0] = "/etc/\xff.cf";
  EXPECT_EQ(Text(Map(0), "name"), "(not UTF-8)");
  EXPECT_EQ(Text(Map(1), "name"), kDomains);
}

}  // namespace
}  // namespace postmirror
