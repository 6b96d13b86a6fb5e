// The defaults that deploy/postmirror.cf and postmirror.cf(5) state are those
// of the code: a file that states them means the same as one that does not.
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gtest/gtest.h"
#include "schema/config/config.h"
#include "schema/config/map_file.h"

namespace postmirror {
namespace {

std::string Text(absl::string_view path) {
  std::ostringstream text;
  text << std::ifstream(absl::StrCat(POSTMIRROR_SOURCE_DIR, "/", path)).rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

// Whether a commented line is an entry, "#name = value", or goes on with one,
// "#    tcp:...".
bool IsEntry(absl::string_view line) {
  if (!absl::ConsumePrefix(&line, "#")) return false;
  if (absl::StartsWith(line, "    ")) return true;
  const size_t end = line.find(" =");
  return end != line.npos && line.find(' ') == end;
}

// deploy/postmirror.cf with its commented entries in force: all of them, or
// those of maps alone, which show no default.
std::string Shipped(bool all) {
  std::string text;
  for (absl::string_view line :
       absl::StrSplit(Text("deploy/postmirror.cf"), '\n')) {
    const bool is_map = absl::StrContains(line, "= mysql:");
    // It has no value that states its default.
    const bool states = all && !absl::StrContains(line, "mysql:") &&
                        !absl::StartsWith(line, "#server_id");
    if (IsEntry(line) && (is_map || states)) line.remove_prefix(1);
    absl::StrAppend(&text, line, "\n");
  }
  return text;
}

Config Parsed(absl::string_view text) {
  absl::StatusOr<Config> config = ParseConfig("postmirror.cf", text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config();
}

MapFile ParsedMap(absl::string_view text) {
  absl::StatusOr<MapFile> map = ParseMapFile("map.cf", text, nullptr);
  EXPECT_TRUE(map.ok()) << map.status();
  return map.ok() ? *map : MapFile();
}

// The names of a section of postmirror.cf(5) that state a default, with it.
std::map<std::string, std::string> Stated(absl::string_view section) {
  std::map<std::string, std::string> defaults;
  absl::string_view now;
  const std::string page = Text("deploy/man/postmirror.cf.5");
  for (absl::string_view line : absl::StrSplit(page, '\n')) {
    if (absl::ConsumePrefix(&line, ".Sh ")) now = line;
    if (now != section || !absl::ConsumePrefix(&line, ".It Ic ")) continue;
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(" Pq default: ", 1));
    if (!parts.second.empty() && parts.second != "empty") {
      defaults.emplace(parts.first, parts.second);
    }
  }
  EXPECT_FALSE(defaults.empty()) << section;
  return defaults;
}

TEST(StatedDefaultsTest, AreThoseOfTheShippedFile) {
  const Config config = Parsed(Shipped(false));
  EXPECT_EQ(config.served.size(), 3u);
  EXPECT_EQ(config.listen.size(), 5u);
  EXPECT_EQ(config, Parsed(Shipped(true)));
}

TEST(StatedDefaultsTest, AreThoseOfTheManual) {
  const Config config = Parsed(Shipped(false));
  for (absl::string_view section : {"ADDRESSES", "LISTENERS", "MIRRORING"}) {
    for (const auto& [name, value] : Stated(section)) {
      if (value == "below" || value == "derived") continue;
      EXPECT_EQ(config,
                Parsed(absl::StrCat(Shipped(false), name, " = ", value, "\n")))
          << name;
    }
  }
}

TEST(StatedDefaultsTest, OfMapFilesAreThoseOfTheManual) {
  constexpr absl::string_view kNeeded =
      "dbname = d\nquery = SELECT 1 FROM t WHERE k='%s'\n";
  for (const auto& [name, value] : Stated("MAP FILES")) {
    EXPECT_EQ(ParsedMap(kNeeded),
              ParsedMap(absl::StrCat(kNeeded, name, " = ", value, "\n")))
        << name;
  }
}

}  // namespace
}  // namespace postmirror
