#include "schema/config/map_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postmirror {
namespace {

using ::testing::ElementsAre;

class MapListTest : public ::testing::Test {
 protected:
  std::vector<std::string> Maps(const std::string& value) {
    std::vector<std::string> names;
    for (CfElement& map :
         ParseMapList({"virtual_alias_maps", value, 4}, &errors_)) {
      names.push_back(std::move(map.text));
    }
    return names;
  }
  std::vector<std::string> Errors(const std::string& value) {
    Maps(value);
    return errors_.Lines();
  }

  CfErrors errors_{"f.cf"};
};

TEST_F(MapListTest, NamesMapsByTheirPathsInOrder) {
  EXPECT_THAT(Maps("mysql:/etc/b.cf, mysql:/etc/a.cf\n\tmysql:/etc/c.cf"),
              ElementsAre("/etc/b.cf", "/etc/a.cf", "/etc/c.cf"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(MapListTest, TakesAProxiedMapForTheMap) {
  EXPECT_THAT(Maps("proxy:mysql:/etc/a.cf"), ElementsAre("/etc/a.cf"));
  EXPECT_TRUE(errors_.empty());
}

TEST_F(MapListTest, RefusesOtherTables) {
  for (const char* text : {"hash:/etc/aliases", "proxy:hash:/etc/aliases",
                           "pgsql:/etc/a.cf", "socketmap:unix:a:b",
                           "/etc/domains", "example.org", "MYSQL:/etc/a.cf"}) {
    CfErrors errors("f.cf");
    EXPECT_TRUE(ParseMapList({"virtual_alias_maps", text, 4}, &errors).empty());
    EXPECT_THAT(
        errors.Lines(),
        ElementsAre(
            "f.cf:4: virtual_alias_maps: " + Quoted(text) +
            " is no mysql: map, and only those can be mirrored, leave it "
            "in main.cf and move the mysql: maps alone"));
  }
}

TEST_F(MapListTest, RefusesAMapWithoutAFile) {
  EXPECT_THAT(
      Errors("mysql:"),
      ElementsAre("f.cf:4: virtual_alias_maps: \"mysql:\" names no file, write "
                  "mysql:FILE with an absolute path"));
}

TEST_F(MapListTest, RefusesSettingsInMainCf) {
  EXPECT_THAT(
      Errors("mysql:aliases"),
      ElementsAre("f.cf:4: virtual_alias_maps: \"mysql:aliases\" takes its "
                  "settings from main.cf, which is not read, write them into a "
                  "file and name it by an absolute path"));
}

TEST_F(MapListTest, RefusesARelativePath) {
  for (const char* text :
       {"mysql:./a.cf", "mysql:.a.cf", "proxy:mysql:etc/a.cf"}) {
    CfErrors errors("f.cf");
    EXPECT_TRUE(ParseMapList({"virtual_alias_maps", text, 4}, &errors).empty());
    EXPECT_THAT(
        errors.Lines(),
        ElementsAre(
            "f.cf:4: virtual_alias_maps: " + Quoted(text) +
            " has a relative path, which depends on where a program was "
            "started, write the absolute path"));
  }
}

}  // namespace
}  // namespace postmirror
