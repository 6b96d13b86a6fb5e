#include "proxy/map_switch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace postmirror {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr char kAliasMaps[] = "virtual_alias_maps";
constexpr char kDomains[] = "virtual_mailbox_domains";

ServedParameter Served(absl::string_view name, std::vector<std::string> maps) {
  return {.parameter = FindParameter(name), .maps = std::move(maps)};
}

Config Serving(std::vector<ServedParameter> served) {
  Config config;
  config.served = std::move(served);
  return config;
}

MapSwitch Switch(const Config& wanted, const Config& serving,
                 const std::set<std::string>& filled) {
  return SwitchMaps(wanted, serving, [&](const std::string& map) {
    return filled.contains(map);
  });
}

TEST(MapSwitchTest, FilledMapsAreTakenOver) {
  const Config wanted = Serving({Served(kAliasMaps, {"/new", "/more"})});
  const MapSwitch next = Switch(wanted, Serving({Served(kAliasMaps, {"/old"})}),
                                {"/old", "/new", "/more"});
  EXPECT_EQ(next.config, wanted);
  EXPECT_THAT(next.waiting, IsEmpty());
}

TEST(MapSwitchTest, OneMapThatIsNotFilledKeepsTheFormerList) {
  const MapSwitch next =
      Switch(Serving({Served(kAliasMaps, {"/new", "/more"})}),
             Serving({Served(kAliasMaps, {"/old"})}), {"/old", "/new"});
  EXPECT_THAT(next.config.Find(kAliasMaps)->maps, ElementsAre("/old"));
  EXPECT_THAT(next.waiting, ElementsAre(kAliasMaps));
}

TEST(MapSwitchTest, OtherParametersAndSettingsDoNotWait) {
  Config wanted =
      Serving({Served(kAliasMaps, {"/new"}), Served(kDomains, {"/domains2"})});
  wanted.search.recipient_delimiter = "-";
  const MapSwitch next = Switch(
      wanted,
      Serving({Served(kAliasMaps, {"/old"}), Served(kDomains, {"/domains"})}),
      {"/old", "/domains2"});
  EXPECT_THAT(next.config.Find(kDomains)->maps, ElementsAre("/domains2"));
  EXPECT_EQ(next.config.search.recipient_delimiter, "-");
  EXPECT_THAT(next.waiting, ElementsAre(kAliasMaps));
}

TEST(MapSwitchTest, AParameterThatIsNewHasNothingToWaitWith) {
  const Config wanted = Serving({Served(kAliasMaps, {"/new"})});
  const MapSwitch next = Switch(wanted, Serving({}), {});
  EXPECT_EQ(next.config, wanted);
  EXPECT_THAT(next.waiting, IsEmpty());
}

TEST(MapSwitchTest, AParameterThatIsGoneIsNotServed) {
  const MapSwitch next = Switch(
      Serving({Served(kDomains, {"/domains"})}),
      Serving({Served(kDomains, {"/domains"}), Served(kAliasMaps, {"/old"})}),
      {"/domains", "/old"});
  EXPECT_EQ(next.config.Find(kAliasMaps), nullptr);
}

// Before the first fill.
TEST(MapSwitchTest, TheSameListDoesNotWait) {
  const Config config = Serving({Served(kAliasMaps, {"/old"})});
  EXPECT_THAT(Switch(config, config, {}).waiting, IsEmpty());
}

}  // namespace
}  // namespace postmirror
