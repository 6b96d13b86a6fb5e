#include "sync/mirror_plan.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Settings of a map file, by name.
using Settings = std::map<std::string, std::string>;

class MirrorPlanTest : public ::testing::Test {
 protected:
  // Writes a map file with the guide's settings but for `changed`, and serves
  // it.
  std::string Serve(const std::string& name, const Settings& changed = {},
                    const std::string& parameter = "virtual_alias_maps") {
    Settings settings = {
        {"user", "postmirror"},
        {"password", "secret"},
        {"hosts", "unix:/run/mysqld/mysqld.sock"},
        {"dbname", "mailserver"},
        {"query", "SELECT destination FROM virtual_aliases WHERE source='%s'"}};
    for (const auto& [setting, value] : changed) settings[setting] = value;
    std::string text;
    for (const auto& [setting, value] : settings) {
      absl::StrAppend(&text, setting, " = ", value, "\n");
    }
    std::string path = folder_.Write(name, text);
    served_[parameter].push_back("mysql:" + path);
    return path;
  }

  absl::StatusOr<MirrorPlan> Plan() const {
    std::string text = "recipient_delimiter = +\n" + settings_;
    for (const auto& [parameter, maps] : served_) {
      absl::StrAppend(&text, parameter, " = ", absl::StrJoin(maps, " "), "\n");
    }
    const absl::StatusOr<Config> config = ParseConfig("postmirror.cf", text);
    if (!config.ok()) return config.status();
    return PlanMirror(*config);
  }

  // The definition of a map with these settings.
  std::string Define(const Settings& changed) {
    served_.clear();
    Serve("defined.cf", changed);
    const absl::StatusOr<MirrorPlan> plan = Plan();
    EXPECT_TRUE(plan.ok()) << plan.status();
    return plan.ok() ? plan->servers[0].groups[0].maps[0].definition : "";
  }

  static std::vector<std::string> Names(const Group& group) {
    std::vector<std::string> names;
    for (const MirroredMap& map : group.maps) names.push_back(map.name);
    return names;
  }

  TemporaryFolder folder_;
  std::string settings_;
  std::map<std::string, std::vector<std::string>> served_;
};

TEST_F(MirrorPlanTest, MapsOfOneLogOnAreOneGroup) {
  const std::string a = Serve("a.cf");
  const std::string b = Serve("b.cf", {{"dbname", "other"}});
  const absl::StatusOr<MirrorPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_THAT(plan->servers, SizeIs(1));
  ASSERT_THAT(plan->servers[0].groups, SizeIs(1));
  EXPECT_THAT(Names(plan->servers[0].groups[0]), ElementsAre(a, b));
  EXPECT_THAT(plan->warnings, IsEmpty());
}

TEST_F(MirrorPlanTest, AnotherLogOnIsAnotherGroupOfTheSameServer) {
  const std::vector<Settings> others = {{{"user", "other"}},
                                        {{"password", "other"}},
                                        {{"option_group", "mail"}},
                                        {{"tls_verify_cert", "yes"}},
                                        {{"option_file", "/etc/other.cnf"}}};
  for (const Settings& other : others) {
    served_.clear();
    Serve("a.cf");
    Serve("b.cf", other);
    const absl::StatusOr<MirrorPlan> plan = Plan();
    ASSERT_TRUE(plan.ok()) << plan.status();
    ASSERT_THAT(plan->servers, SizeIs(1));
    EXPECT_THAT(plan->servers[0].groups, SizeIs(2)) << other.begin()->first;
  }
}

TEST_F(MirrorPlanTest, OtherHostsAreAnotherServer) {
  Serve("a.cf", {{"hosts", "127.0.0.1 db2"}});
  Serve("b.cf", {{"hosts", "db2 127.0.0.1"}});
  Serve("c.cf", {{"hosts", "127.0.0.1 db2"}});
  const absl::StatusOr<MirrorPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_THAT(plan->servers, SizeIs(2));
  EXPECT_THAT(plan->warnings, Contains(HasSubstr("not read at one moment")));
  EXPECT_THAT(plan->servers[0].hosts, SizeIs(2));
  EXPECT_EQ(plan->servers[0].hosts[0].host, "127.0.0.1");
  EXPECT_THAT(plan->servers[0].groups[0].maps, SizeIs(2));
  EXPECT_THAT(plan->servers[1].groups[0].maps, SizeIs(1));
}

TEST_F(MirrorPlanTest, PlainTcpIsAWarningForEachServer) {
  Serve("a.cf", {{"hosts", "unix:/s db1:3307"}});
  Serve("b.cf", {{"hosts", "unix:/s db1:3307"}});
  Serve("c.cf", {{"hosts", "unix:/s localhost"}});
  Serve("d.cf", {{"hosts", "db2"}, {"tls_CAfile", "/ca.pem"}});
  const absl::StatusOr<MirrorPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->warnings,
              ElementsAre(AllOf(HasSubstr("hosts: db1:3307 is read over TCP"),
                                HasSubstr("unix:/run/mysqld/mysqld.sock")),
                          HasSubstr("not read at one moment")));
}

TEST_F(MirrorPlanTest, AMapOfTwoParametersIsMirroredOnce) {
  const std::string path = Serve("a.cf", {}, "virtual_mailbox_domains");
  served_["virtual_alias_maps"] = {"mysql:" + path};
  const absl::StatusOr<MirrorPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(plan->servers[0].groups[0].maps, SizeIs(1));
  EXPECT_TRUE(plan->servers[0].groups[0].maps[0].address_search);
  EXPECT_TRUE(plan->servers[0].groups[0].maps[0].lists_domains);
}

TEST_F(MirrorPlanTest, AMapOfAddressesListsNoDomains) {
  Serve("a.cf", {}, "virtual_mailbox_maps");
  EXPECT_FALSE(Plan()->servers[0].groups[0].maps[0].lists_domains);
}

TEST_F(MirrorPlanTest, AMapOfDomainsHasNoAddressSearch) {
  Serve("a.cf", {}, "virtual_mailbox_domains");
  const MirroredMap map = Plan()->servers[0].groups[0].maps[0];
  EXPECT_FALSE(map.address_search);
  EXPECT_TRUE(map.lists_domains);
}

TEST_F(MirrorPlanTest, TheDefinitionIsWhatDecidesTheEntries) {
  const std::string plain = Define({});
  const std::vector<Settings> others = {
      {{"query",
        "SELECT destination FROM virtual_aliases WHERE source='%s' AND 1"}},
      {{"mirror_query", "SELECT source, 1 FROM virtual_aliases"}},
      {{"dbname", "other"}},
      {{"result_format", "<%s>"}},
      {{"expansion_limit", "5"}},
      {{"domain", "example.org"}}};
  for (const Settings& other : others) {
    EXPECT_NE(Define(other), plain) << other.begin()->first;
  }
}

TEST_F(MirrorPlanTest, TheDefinitionIsNotWhereAndAsWhomItIsRead) {
  const std::string plain = Define({});
  const std::vector<Settings> others = {{{"user", "other"}},
                                        {{"password", "other"}},
                                        {{"hosts", "db1 db2"}},
                                        {{"tls_verify_cert", "yes"}},
                                        {{"option_file", "/etc/other.cnf"}}};
  for (const Settings& other : others) {
    EXPECT_EQ(Define(other), plain) << other.begin()->first;
  }
  EXPECT_THAT(plain, ::testing::Not(HasSubstr("secret")));
}

TEST_F(MirrorPlanTest, TheDefinitionKnowsHowKeysAreFolded) {
  const std::string plain = Define({});
  settings_ = "smtputf8_enable = no\n";
  EXPECT_NE(Define({}), plain);
  EXPECT_FALSE(Plan()->servers[0].groups[0].maps[0].rules.utf8);
}

TEST_F(MirrorPlanTest, RulesComeFromTheMapFile) {
  Serve("a.cf", {{"expansion_limit", "5"}, {"domain", "Example.org"}});
  const absl::StatusOr<MirrorPlan> plan = Plan();
  ASSERT_TRUE(plan.ok()) << plan.status();
  const MirroredMap& map = plan->servers[0].groups[0].maps[0];
  EXPECT_EQ(map.rules.expansion_limit, 5);
  EXPECT_TRUE(map.rules.utf8);
  EXPECT_THAT(map.domain, ElementsAre("example.org"));
  EXPECT_EQ(map.dbname, "mailserver");
}

TEST_F(MirrorPlanTest, ValuesAreJudgedWhereTheyAreSteady) {
  const auto guard = [&](const std::string& parameter,
                         const Settings& settings) {
    served_.clear();
    const std::string path = Serve("a.cf", settings);
    served_ = {{parameter, {"mysql:" + path}}};
    const absl::StatusOr<MirrorPlan> plan = Plan();
    EXPECT_TRUE(plan.ok()) << plan.status();
    return plan->servers[0].groups[0].maps[0].guard;
  };
  for (const char* parameter : {"virtual_alias_maps", "virtual_mailbox_domains",
                                "canonical_maps", "sender_canonical_maps"}) {
    EXPECT_EQ(guard(parameter, {}), GuardScope::kValues) << parameter;
  }
  for (const char* parameter :
       {"smtpd_sender_login_maps", "relay_recipient_maps"}) {
    EXPECT_EQ(guard(parameter, {}), GuardScope::kRemovals) << parameter;
  }
  EXPECT_EQ(guard("virtual_alias_maps", {{"guard", "off"}}), GuardScope::kOff);
  EXPECT_EQ(guard("relay_recipient_maps", {{"guard", "values"}}),
            GuardScope::kValues);
}

TEST_F(MirrorPlanTest, NamesEveryMapFileThatIsWrong) {
  const std::string a = Serve("a.cf", {{"query", "SELECT 1 FROM t"}});
  const std::string b = Serve("b.cf", {{"result_format", "%S"}});
  Serve("c.cf");
  served_["virtual_alias_maps"].push_back("mysql:/nowhere.cf");
  const absl::Status status = Plan().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(a + ":"), HasSubstr("mirror_query"),
                    HasSubstr(b + ":"), HasSubstr("/nowhere.cf")));
}

TEST_F(MirrorPlanTest, NamesTheLineThatNamesAMapFileThatCannotBeRead) {
  const std::string path = Serve("a.cf");
  served_["virtual_alias_maps"] = {"mysql:" + path + "\n ", "mysql:/no/b.cf"};
  EXPECT_EQ(Plan().status(),
            absl::InvalidArgumentError("postmirror.cf:3: /no/b.cf: cannot be "
                                       "read: No such file or directory"));
}

// The library would wait for whoever writes to it, for ever.
TEST_F(MirrorPlanTest, RefusesToReadAFifo) {
  const std::string fifo = folder_.Write("fifo", "");
  std::filesystem::remove(fifo);
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  for (const char* setting :
       {"option_file", "tls_CAfile", "tls_cert_file", "tls_key_file"}) {
    served_.clear();
    const std::string map = Serve("a.cf", {{setting, fifo}});
    EXPECT_EQ(Plan().status().message(),
              absl::StrCat(map, ": ", setting, " ", fifo,
                           ": is no regular file, and might never end: name "
                           "one that is"));
  }
  served_.clear();
  Serve("a.cf", {{"option_file", folder_.path() + "/not-there-yet"}});
  EXPECT_EQ(Plan().status(), absl::OkStatus());
}

}  // namespace
}  // namespace postmirror
