#include "schema/status/json.h"

#include <gtest/gtest.h>

namespace postmirror {
namespace {

TEST(JsonTest, ComesBackAsItWasPrinted) {
  Json list = Json::Array();
  list.Append(Json::Text("a \"b\"\n"));
  list.Append(Json::Null());
  Json object = Json::Object();
  object.Set("list", list);
  object.Set("number", Json::Number(7));
  object.Set("real", Json::Real(1.5));
  object.Set("truth", Json::Bool(true));
  EXPECT_EQ(object.Print(0),
            "{\"list\": [\"a \\\"b\\\"\\n\", null], \"number\": 7, "
            "\"real\": 1.5, \"truth\": true}");
  const absl::StatusOr<Json> read = Json::Parse(object.Print(2));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(read->is_object());
  ASSERT_EQ(read->Get("list").Items().size(), 2U);
  EXPECT_EQ(read->Get("list").Items()[0].text(), "a \"b\"\n");
  EXPECT_EQ(read->Get("number").number(), 7U);
  EXPECT_EQ(read->Get("real").real(), 1.5);
  EXPECT_TRUE(read->Get("truth").truth());
}

TEST(JsonTest, AnotherKindOfValueIsNothing) {
  const Json object = Json::Object();
  EXPECT_EQ(object.Get("absent").text(), "");
  EXPECT_EQ(object.Get("absent").number(), std::nullopt);
  EXPECT_TRUE(object.Get("absent").Items().empty());
  EXPECT_EQ(Json::Text("x").Get("y").real(), 0);
  EXPECT_FALSE(Json::Text("true").truth());
}

TEST(JsonTest, WhatIsNoUtf8IsNotShown) {
  EXPECT_EQ(Json::Text("\xff").text(), "(not UTF-8)");
}

TEST(JsonTest, WhatIsNoJsonIsRefused) {
  for (const char* text : {"", "{", "{} {}", "\"a"}) {
    EXPECT_EQ(Json::Parse(text).status().code(), absl::StatusCode::kDataLoss)
        << text;
  }
}

}  // namespace
}  // namespace postmirror
