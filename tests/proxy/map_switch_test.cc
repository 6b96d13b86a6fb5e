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

std::vector<std::string> Waiting(const Config& wanted, const Config& serving,
                                 const std::set<std::string>& filled) {
  return WaitingParameters(wanted, serving, [&](const std::string& map) {
    return filled.contains(map);
  });
}

TEST(MapSwitchTest, FilledMapsDoNotWait) {
  EXPECT_THAT(Waiting(Serving({Served(kAliasMaps, {"/new", "/more"})}),
                      Serving({Served(kAliasMaps, {"/old"})}),
                      {"/old", "/new", "/more"}),
              IsEmpty());
}

TEST(MapSwitchTest, OneMapThatIsNotFilledMakesItsParameterWait) {
  EXPECT_THAT(Waiting(Serving({Served(kDomains, {"/domains2"}),
                               Served(kAliasMaps, {"/new", "/more"})}),
                      Serving({Served(kAliasMaps, {"/old"})}),
                      {"/old", "/new", "/domains2"}),
              ElementsAre(kAliasMaps));
}

TEST(MapSwitchTest, AParameterThatIsNewWaitsToo) {
  EXPECT_THAT(Waiting(Serving({Served(kAliasMaps, {"/new"})}), Serving({}), {}),
              ElementsAre(kAliasMaps));
}

TEST(MapSwitchTest, AParameterThatIsGoneDoesNotWait) {
  EXPECT_THAT(Waiting(Serving({}), Serving({Served(kAliasMaps, {"/old"})}), {}),
              IsEmpty());
}

// It is temporary whether it waits or not.
TEST(MapSwitchTest, TheSameListDoesNotWait) {
  const Config config = Serving({Served(kAliasMaps, {"/old"})});
  EXPECT_THAT(Waiting(config, config, {}), IsEmpty());
}

}  // namespace
}  // namespace postmirror
