#include "tests/sync/mirror_test_case.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sync/mariadb/mariadb_library.h"

namespace postmirror {

void MirrorTestCase::SetUpTestSuite() {
  static const MariadbLibrary library;
  MariadbTestCase::SetUpTestSuite();
}

void MirrorTestCase::SetUp() {
  const std::string folder = POSTMIRROR_SQL_FOLDER;
  ASSERT_EQ(server().Run({absl::StrCat("DROP DATABASE IF EXISTS ", kDatabase)}),
            absl::OkStatus());
  ASSERT_EQ(server().RunFile(folder + "/database.sql", ""), absl::OkStatus());
  for (const char* name : {"/tables.sql", "/sample.sql", "/grants.sql"}) {
    ASSERT_EQ(server().RunFile(folder + name, kDatabase), absl::OkStatus());
  }
}

CollationTables& MirrorTestCase::Collations() {
  static CollationTables collations;
  return collations;
}

MirrorTestCase::Settings MirrorTestCase::AsRoot() {
  return {{"user", "root"},
          {"password", ""},
          {"hosts", server().Unix().ToString()}};
}

std::string MirrorTestCase::Write(const std::string& query,
                                  const Settings& changed) {
  Settings settings = {{"user", "postmirror"},
                       {"password", kPassword},
                       {"hosts", server().Tcp().ToString()},
                       {"option_group", ""},  // no my.cnf of the machine
                       {"dbname", kDatabase}};
  if (!query.empty()) settings["query"] = query;
  for (const auto& [name, value] : changed) settings[name] = value;
  std::string text;
  for (const auto& [name, value] : settings) {
    absl::StrAppend(&text, name, " = ", value, "\n");
  }
  return folder_.Write(absl::StrCat("map", ++maps_, ".cf"), text);
}

std::string MirrorTestCase::Serve(const std::string& query,
                                  const Settings& changed) {
  std::string map = Write(query, changed);
  // One parameter can list any number of maps.
  if (address_maps_.empty()) address_maps_ = "canonical_maps =\n";
  absl::StrAppend(&address_maps_, "  mysql:", map, "\n");
  return map;
}

std::string MirrorTestCase::ServeDomains() {
  std::string map = Write("SELECT 1 FROM virtual_domains WHERE name='%s'", {});
  domain_maps_ = absl::StrCat("virtual_mailbox_domains = mysql:", map, "\n");
  return map;
}

std::string MirrorTestCase::ServeMailboxes() {
  return Serve("SELECT 1 FROM virtual_mailboxes WHERE email='%s'");
}

std::string MirrorTestCase::ServeAliases() {
  return Serve("SELECT destination FROM virtual_aliases WHERE source='%s'");
}

Config MirrorTestCase::MakeConfig(const std::string& settings) const {
  std::string text =
      absl::StrCat("recipient_delimiter = +\nstore = ", folder_.File("store"),
                   "\nlsn_poll_interval = 5ms\n", settings);
  if (!absl::StrContains(settings, "reconcile_interval")) {
    absl::StrAppend(&text, "reconcile_interval = 1h\n");
  }
  absl::StrAppend(&text, domain_maps_, address_maps_);
  const absl::StatusOr<Config> config = ParseConfig("postmirror.cf", text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config();
}

MirrorPlan MirrorTestCase::MakePlan(const Config& config) {
  absl::StatusOr<MirrorPlan> plan = PlanMirror(config);
  EXPECT_TRUE(plan.ok()) << plan.status();
  return plan.ok() ? *std::move(plan) : MirrorPlan();
}

}  // namespace postmirror
