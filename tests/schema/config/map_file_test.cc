#include "schema/config/map_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace postmirror {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Two lines: the smallest map file there is.
constexpr absl::string_view kQuery =
    "dbname = mail\nquery = SELECT 1 FROM t WHERE a='%s'\n";

class MapFileTest : public ::testing::Test {
 protected:
  MapFile Parsed(absl::string_view text) {
    const absl::StatusOr<MapFile> map = ParseMapFile("/m.cf", text, &warnings_);
    EXPECT_TRUE(map.ok()) << map.status();
    return map.ok() ? *map : MapFile{};
  }
  MapFile With(absl::string_view lines) {
    return Parsed(absl::StrCat(kQuery, lines));
  }

  std::vector<std::string> Errors(absl::string_view text) {
    const absl::Status status =
        ParseMapFile("/m.cf", text, &warnings_).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return absl::StrSplit(status.message(), '\n');
  }
  std::vector<std::string> ErrorsWith(absl::string_view lines) {
    return Errors(absl::StrCat(kQuery, lines));
  }

  std::vector<std::string> warnings_;
};

TEST_F(MapFileTest, IsTheOneOfTheGuide) {
  const MapFile map = Parsed(
      "user = mailserver\n"
      "password = secret\n"
      "hosts = 127.0.0.1\n"
      "dbname = mailserver\n"
      "query = SELECT destination FROM virtual_aliases WHERE source='%s'\n");
  EXPECT_EQ(map.path, "/m.cf");
  EXPECT_EQ(map.log_on.user, "mailserver");
  EXPECT_EQ(map.log_on.password, "secret");
  EXPECT_THAT(map.hosts, ElementsAre(ServerAddress{"", "127.0.0.1", 0}));
  EXPECT_EQ(map.dbname, "mailserver");
  EXPECT_EQ(map.query,
            "SELECT destination FROM virtual_aliases WHERE source='%s'");
  EXPECT_EQ(map.query_line, 5);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(MapFileTest, HasTheDefaultsOfMysqlTable) {
  const MapFile map = Parsed(kQuery);
  EXPECT_THAT(map.hosts, ElementsAre(ServerAddress{"", "localhost", 0}));
  EXPECT_EQ(map.log_on, LogOn{});
  EXPECT_EQ(map.log_on.option_group, "client");
  EXPECT_FALSE(map.log_on.WantsTls());
  EXPECT_FALSE(map.mirror_ascii_ci);
  EXPECT_EQ(map.result_format, "%s");
  EXPECT_EQ(map.expansion_limit, 0);
  EXPECT_THAT(map.domain, IsEmpty());
  EXPECT_EQ(map.mirror_query, std::nullopt);
}

TEST_F(MapFileTest, KeepsTheOrderOfItsHosts) {
  EXPECT_THAT(
      With("hosts = b.org:3307, unix:/run/s\n inet:a.org inet:a.org:1\n").hosts,
      ElementsAre(ServerAddress{"", "b.org", 3307},
                  ServerAddress{"/run/s", "", 0}, ServerAddress{"", "a.org", 0},
                  ServerAddress{"", "a.org", 1}));
}

TEST_F(MapFileTest, TakesLocalhostForEmptyHosts) {
  EXPECT_THAT(With("hosts =\n").hosts,
              ElementsAre(ServerAddress{"", "localhost", 0}));
}

TEST_F(MapFileTest, TakesADollarSignAsItStands) {
  const MapFile map = Parsed(
      "dbname = $db\nuser = ${user?x}\npassword = a$$b$\nquery = SELECT '$' "
      "...\n");
  EXPECT_EQ(map.dbname, "$db");
  EXPECT_EQ(map.log_on.user, "${user?x}");
  EXPECT_EQ(map.log_on.password, "a$$b$");
  EXPECT_EQ(map.query, "SELECT '$' ...");
}

TEST_F(MapFileTest, TellsAnEmptyPasswordFromNone) {
  EXPECT_EQ(With("password =\n").log_on.password, "");
  EXPECT_EQ(With("user =\n").log_on.user, "");
  EXPECT_EQ(Parsed(kQuery).log_on.password, std::nullopt);
}

TEST_F(MapFileTest, TakesOptionFileAndGroup) {
  const LogOn log_on =
      With("option_file = /etc/my.cnf\noption_group = postmirror\n").log_on;
  EXPECT_EQ(log_on.option_file, "/etc/my.cnf");
  EXPECT_EQ(log_on.option_group, "postmirror");
}

TEST_F(MapFileTest, TakesAnEmptyOptionGroupForNone) {
  EXPECT_EQ(With("option_group =\n").log_on.option_group, "");
}

TEST_F(MapFileTest, WantsTlsWithEachOfItsSettings) {
  EXPECT_EQ(With("tls_cert_file = /c\n").log_on.tls_cert_file, "/c");
  EXPECT_EQ(With("tls_key_file = /k\n").log_on.tls_key_file, "/k");
  EXPECT_EQ(With("tls_CAfile = /a\n").log_on.tls_CAfile, "/a");
  EXPECT_EQ(With("tls_CApath = /p\n").log_on.tls_CApath, "/p");
  EXPECT_EQ(With("tls_ciphers = HIGH\n").log_on.tls_ciphers, "HIGH");
  EXPECT_EQ(With("tls_verify_cert = Yes\n").log_on.tls_verify_cert, true);
  for (const char* line :
       {"tls_cert_file = /c", "tls_key_file = /k", "tls_CAfile = /a",
        "tls_CApath = /p", "tls_ciphers = HIGH", "tls_verify_cert=yes"}) {
    EXPECT_TRUE(With(line).log_on.WantsTls()) << line;
  }
  EXPECT_FALSE(With("tls_CAfile =\n").log_on.WantsTls());
}

TEST_F(MapFileTest, VerifiesTlsUnlessToldOtherwise) {
  EXPECT_FALSE(Parsed(kQuery).log_on.VerifiesTls());
  EXPECT_TRUE(With("tls_CAfile = /a\n").log_on.VerifiesTls());
  EXPECT_TRUE(With("tls_ciphers = HIGH\n").log_on.VerifiesTls());
  EXPECT_THAT(warnings_, IsEmpty());
  const LogOn log_on = With("tls_CAfile = /a\ntls_verify_cert = no\n").log_on;
  EXPECT_TRUE(log_on.WantsTls());
  EXPECT_FALSE(log_on.VerifiesTls());
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("tls_verify_cert is no")));
}

TEST_F(MapFileTest, JoinsAQueryOverSeveralLines) {
  EXPECT_EQ(
      Parsed("dbname = m\nquery = SELECT a\n# c\n  FROM t\n  WHERE b='%s'\n")
          .query,
      "SELECT a  FROM t  WHERE b='%s'");
}

TEST_F(MapFileTest, BuildsTheLegacyQueryAsPostfixDoes) {
  const MapFile map = Parsed(
      "dbname = m\nselect_field = goto\ntable = aliases\nwhere_field = "
      "address\n"
      "additional_conditions = AND active = 1\n");
  EXPECT_EQ(map.query,
            "SELECT goto FROM aliases WHERE address='%s' AND active = 1");
  EXPECT_EQ(map.query_line, 3);
  EXPECT_EQ(Parsed("dbname = m\nselect_field = g\ntable = a\nwhere_field = w\n")
                .query,
            "SELECT g FROM a WHERE w='%s' ");
}

TEST_F(MapFileTest, TakesAnEmptyQueryForNone) {
  EXPECT_EQ(
      Parsed(
          "dbname = m\nquery =\nselect_field = g\ntable = a\nwhere_field = w\n")
          .query,
      "SELECT g FROM a WHERE w='%s' ");
}

TEST_F(MapFileTest, PrefersTheQueryToTheLegacyNames) {
  EXPECT_EQ(With("table = aliases\n").query, "SELECT 1 FROM t WHERE a='%s'");
  EXPECT_THAT(warnings_,
              ElementsAre("/m.cf:3: table is ignored, since query is stated"));
}

TEST_F(MapFileTest, TakesAMirrorQueryBesideTheQuery) {
  const MapFile map = With("mirror_query = SELECT a, 1 FROM t\n");
  EXPECT_EQ(map.query, "SELECT 1 FROM t WHERE a='%s'");
  EXPECT_EQ(map.mirror_query, "SELECT a, 1 FROM t");
  EXPECT_EQ(map.query_line, 3);
}

TEST_F(MapFileTest, TakesAMirrorQueryAlone) {
  const MapFile map = Parsed("mirror_query = SELECT a, 1 FROM t\ndbname = m\n");
  EXPECT_EQ(map.query, "");
  EXPECT_EQ(map.mirror_query, "SELECT a, 1 FROM t");
  EXPECT_EQ(map.query_line, 1);
}

TEST_F(MapFileTest, TakesTheRestOfMysqlTable) {
  const MapFile map = With(
      "result_format = <%s>\nexpansion_limit = 5\ndomain = A.org, b.org\n"
      "charset = UTF8MB4\nmirror_collation = ascii_ci\n");
  EXPECT_EQ(map.result_format, "<%s>");
  EXPECT_EQ(map.expansion_limit, 5);
  EXPECT_THAT(map.domain, ElementsAre("a.org", "b.org"));
  EXPECT_TRUE(map.mirror_ascii_ci);
}

TEST_F(MapFileTest, TakesWhatTheGuardJudges) {
  EXPECT_EQ(With("").guard, std::nullopt);
  EXPECT_EQ(With("guard = removals\n").guard, GuardScope::kRemovals);
  EXPECT_EQ(With("guard = values\n").guard, GuardScope::kValues);
  EXPECT_EQ(With("guard = off\n").guard, GuardScope::kOff);
}

TEST_F(MapFileTest, RefusesWhatTheGuardCannotJudge) {
  EXPECT_THAT(
      ErrorsWith("guard = on\n"),
      ElementsAre("/m.cf:3: guard: \"on\" is not known, write removals, "
                  "values (which are removals too) or off"));
}

TEST_F(MapFileTest, TakesANegativeExpansionLimitForNone) {
  EXPECT_EQ(With("expansion_limit = -1\n").expansion_limit, 0);
}

TEST_F(MapFileTest, KnowsTheNamesOfNewerPostfix) {
  With(
      "require_result_set = no\nretry_interval = 60\nidle_interval = 60\n"
      "charset = utf8mb4\n");
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(MapFileTest, WarnsOfAnUnknownName) {
  With("\nresult_attribute = goto\n");
  EXPECT_THAT(warnings_,
              ElementsAre("/m.cf:4: \"result_attribute\" is not known to "
                          "mysql_table(5) and is ignored"));
}

TEST_F(MapFileTest, TakesTheLastOfANameWithAWarning) {
  EXPECT_EQ(With("password = first\npassword = second\n").log_on.password,
            "second");
  EXPECT_THAT(
      warnings_,
      ElementsAre("/m.cf:4: password is given again, and the last one counts"));
}

TEST_F(MapFileTest, NeedsNobodyToWarn) {
  EXPECT_TRUE(
      ParseMapFile("/m.cf", absl::StrCat(kQuery, "x = y\n"), nullptr).ok());
}

TEST_F(MapFileTest, RefusesAMissingDatabase) {
  const char* const why =
      "dbname is not stated, and Postfix wants one, add the line";
  EXPECT_THAT(Errors("query = SELECT 1\n"),
              ElementsAre(absl::StrCat("/m.cf:1: ", why)));
  EXPECT_THAT(Errors("query = SELECT 1\ndbname =\n"),
              ElementsAre(absl::StrCat("/m.cf:2: ", why)));
}

TEST_F(MapFileTest, RefusesAMissingQuery) {
  EXPECT_THAT(
      Errors("dbname = m\n"),
      ElementsAre("/m.cf:1: query is not stated, and without it nothing can be "
                  "looked up, add the line"));
}

TEST_F(MapFileTest, RefusesHalfALegacyQuery) {
  EXPECT_THAT(
      Errors("dbname = m\ntable = t\nwhere_field =\n"),
      ElementsAre(
          "/m.cf:1: select_field is not stated, and the legacy form needs "
          "it, add the line or write a query line instead",
          "/m.cf:3: where_field is not stated, and the legacy form needs "
          "it, add the line or write a query line instead"));
}

TEST_F(MapFileTest, RefusesABadHost) {
  EXPECT_THAT(
      ErrorsWith("hosts = a.org unix:s\n"),
      ElementsAre(
          "/m.cf:3: hosts: \"unix:s\" is a relative path, which depends on "
          "where a program was started, write one that begins with /"));
}

TEST_F(MapFileTest, RefusesRelativePaths) {
  for (const char* name : {"option_file", "tls_cert_file", "tls_key_file",
                           "tls_CAfile", "tls_CApath"}) {
    EXPECT_THAT(ErrorsWith(absl::StrCat(name, " = my.cnf\n")),
                ElementsAre(absl::StrCat(
                    "/m.cf:3: ", name,
                    ": \"my.cnf\" is a relative path, which depends "
                    "on where a program was started, write one that "
                    "begins with /")));
  }
}

TEST_F(MapFileTest, RefusesAnotherCharset) {
  EXPECT_THAT(ErrorsWith("charset = latin1\n"),
              ElementsAre("/m.cf:3: charset: \"latin1\" is not mirrored, only "
                          "Postfix's default utf8mb4 is, remove the line"));
}

TEST_F(MapFileTest, RefusesAnUnknownMirrorCollation) {
  EXPECT_THAT(
      ErrorsWith("mirror_collation = utf8mb4_bin\n"),
      ElementsAre("/m.cf:3: mirror_collation: \"utf8mb4_bin\" is not known, "
                  "write ascii_ci or remove the line for the key column's own "
                  "collation"));
}

TEST_F(MapFileTest, RefusesWhatIsNeitherYesNorNo) {
  EXPECT_THAT(
      ErrorsWith("tls_verify_cert = 1\nrequire_result_set =\n"),
      ElementsAre(
          "/m.cf:3: tls_verify_cert: \"1\" is neither yes nor no, write "
          "one of them",
          "/m.cf:4: require_result_set: \"\" is neither yes nor no, write "
          "one of them"));
}

TEST_F(MapFileTest, RefusesAnExpansionLimitThatIsNoNumber) {
  EXPECT_THAT(
      ErrorsWith("expansion_limit = 1k\n"),
      ElementsAre("/m.cf:3: expansion_limit: \"1k\" is not a whole number from "
                  "-2147483648 to 2147483647, write one"));
}

TEST_F(MapFileTest, RefusesAnEmptyResultFormat) {
  EXPECT_THAT(
      ErrorsWith("result_format =\n"),
      ElementsAre("/m.cf:3: result_format is empty, and Postfix wants a value, "
                  "write one or remove the line for the default"));
}

TEST_F(MapFileTest, RefusesFilesTablesAndNegationsInDomain) {
  EXPECT_THAT(
      ErrorsWith("domain = a.org /f hash:/t !b.org\n"),
      ElementsAre(HasSubstr("/m.cf:3: domain: \"/f\" is a file"),
                  HasSubstr("/m.cf:3: domain: \"hash:/t\" is a lookup table"),
                  HasSubstr("/m.cf:3: domain: \"!b.org\" is a negation")));
}

TEST_F(MapFileTest, RefusesALineThatIsNoEntryBesideOtherErrors) {
  EXPECT_THAT(Errors("query\ndbname =\n"),
              ElementsAre(HasSubstr("/m.cf:1: is no \"name = value\""),
                          HasSubstr("/m.cf:1: query is not stated"),
                          HasSubstr("/m.cf:2: dbname is not stated")));
}

TEST_F(MapFileTest, ShowsItsPasswordNowhere) {
  const std::vector<std::string> errors = Errors(
      "password = SECRET\npassword = SECRET\npassword SECRET\n SECRET\n"
      "hosts = unix:s\nunknown = 1\n");
  EXPECT_THAT(errors, Each(Not(HasSubstr("SECRET"))));
  EXPECT_THAT(warnings_, Each(Not(HasSubstr("SECRET"))));
  EXPECT_EQ(warnings_.size(), 2u);
}

}  // namespace
}  // namespace postmirror
