#include "schema/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One line: the smallest configuration there is.
constexpr absl::string_view kDomains =
    "virtual_mailbox_domains = mysql:/m/domains.cf\n";

Config Parsed(absl::string_view text) {
  const absl::StatusOr<Config> config = ParseConfig("f.cf", text);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *config : Config{};
}

// The configuration of `lines` behind the smallest one.
Config With(absl::string_view lines) {
  return Parsed(absl::StrCat(kDomains, lines));
}

std::vector<std::string> Listen(const Config& config) {
  std::vector<std::string> texts;
  for (const ListenEntry& entry : config.listen)
    texts.push_back(entry.ToString());
  return texts;
}

TEST(ConfigTest, KnowsWhereAMapIsNamedFirst) {
  const Config config = With(
      "recipient_delimiter =\n"
      "virtual_alias_maps = mysql:/m/a.cf\n"
      "  mysql:/m/b.cf mysql:/m/domains.cf\n");
  EXPECT_EQ(config.PlaceOf("/m/domains.cf"), "f.cf:1");
  EXPECT_EQ(config.PlaceOf("/m/a.cf"), "f.cf:3");
  EXPECT_EQ(config.PlaceOf("/m/b.cf"), "f.cf:4");
}

TEST(ConfigTest, TheStatusFolderIsBesideTheStoreAndNeverInIt) {
  EXPECT_EQ(With("store = /srv/s\n").status_folder, "/srv/s-status");
  EXPECT_EQ(With("status_folder = /srv/t\nstore = /srv/s\n").status_folder,
            "/srv/t");
  for (const char* folder : {"/srv/s", "/srv/s/", "/srv/s/v1"}) {
    const absl::Status status =
        ParseConfig("f.cf", absl::StrCat(kDomains, "status_folder = ", folder,
                                         "\nstore = /srv/s\n"))
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << folder;
    EXPECT_THAT(std::string(status.message()),
                ::testing::HasSubstr("f.cf:2: status_folder: "));
  }
}

TEST(ConfigTest, TakesTheLinesOfMainCfAsTheyAre) {
  const Config config = Parsed(
      "virtual_mailbox_domains = mysql:/etc/postmirror/domains.cf\n"
      "virtual_mailbox_maps    = proxy:mysql:/etc/postmirror/mailboxes.cf\n"
      "virtual_alias_maps      = mysql:/etc/postmirror/aliases.cf\n"
      "                          mysql:/etc/postmirror/email2email.cf\n"
      "recipient_delimiter     = +\n");
  ASSERT_EQ(config.served.size(), 3u);
  EXPECT_EQ(config.served[1].parameter->name, "virtual_mailbox_maps");
  EXPECT_THAT(config.served[1].maps,
              ElementsAre("/etc/postmirror/mailboxes.cf"));
  EXPECT_THAT(config.served[2].maps,
              ElementsAre("/etc/postmirror/aliases.cf",
                          "/etc/postmirror/email2email.cf"));
  EXPECT_EQ(config.search.recipient_delimiter, "+");
}

TEST(ConfigTest, HasTheDefaultsOfTheManual) {
  const Config config = Parsed(kDomains);
  EXPECT_EQ(config.store, "/var/lib/postmirror");
  EXPECT_EQ(config.status_folder, "/var/lib/postmirror-status");
  EXPECT_EQ(config.change_source, ChangeSource::kAuto);
  EXPECT_EQ(config.server_id, std::nullopt);
  EXPECT_EQ(config.lsn_poll_interval, absl::Milliseconds(30));
  EXPECT_EQ(config.reconcile_interval, absl::Seconds(300));
  EXPECT_EQ(config.host_wait, absl::Seconds(30));
  EXPECT_EQ(config.connect_timeout, absl::Seconds(5));
  EXPECT_EQ(config.read_timeout, absl::Seconds(10));
  EXPECT_EQ(config.max_shrink, 0.5);
  EXPECT_EQ(config.broken_map_critical, absl::Minutes(5));
  EXPECT_EQ(config.map_memory_limit, uint64_t{2} << 30);
  EXPECT_EQ(config.proxy_threads, 1);
  EXPECT_EQ(config.client_limit, 10000);
  EXPECT_FALSE(config.mydestination_stated);
}

TEST(ConfigTest, HasTheSearchDefaultsOfPostfix) {
  const SearchSettings search = Parsed(kDomains).search;
  EXPECT_EQ(search.recipient_delimiter, "");
  EXPECT_THAT(search.propagate_unmatched_extensions,
              ElementsAre("canonical", "virtual"));
  EXPECT_TRUE(search.owner_request_special);
  EXPECT_EQ(search.double_bounce_sender, "double-bounce");
  EXPECT_TRUE(search.smtputf8_enable);
  EXPECT_THAT(search.local_domains, IsEmpty());
}

TEST(ConfigTest, TakesEachSetting) {
  const Config config = With(
      "store = /srv/s\nchange_source = lsn\nlsn_poll_interval = 20ms\n"
      "reconcile_interval = 1h\nconnect_timeout = 2s\nread_timeout = 3\n"
      "max_shrink = 10%\nbroken_map_critical = 1h\nproxy_threads = "
      "2\nclient_limit = 7\n"
      "owner_request_special = no\nsmtputf8_enable = no\n"
      "double_bounce_sender = db\npropagate_unmatched_extensions = virtual\n");
  EXPECT_EQ(config.store, "/srv/s");
  EXPECT_EQ(config.status_folder, "/srv/s-status");
  EXPECT_EQ(config.change_source, ChangeSource::kLsn);
  EXPECT_EQ(config.lsn_poll_interval, absl::Milliseconds(20));
  EXPECT_EQ(config.reconcile_interval, absl::Hours(1));
  EXPECT_EQ(config.connect_timeout, absl::Seconds(2));
  EXPECT_EQ(config.read_timeout, absl::Seconds(3));
  EXPECT_EQ(config.max_shrink, 0.1);
  EXPECT_EQ(config.broken_map_critical, absl::Hours(1));
  EXPECT_EQ(config.proxy_threads, 2);
  EXPECT_EQ(config.client_limit, 7);
  EXPECT_FALSE(config.search.owner_request_special);
  EXPECT_FALSE(config.search.smtputf8_enable);
  EXPECT_EQ(config.search.double_bounce_sender, "db");
  EXPECT_THAT(config.search.propagate_unmatched_extensions,
              ElementsAre("virtual"));
}

TEST(ConfigTest, ServesEachParameter) {
  std::string text = "recipient_delimiter =\n";
  for (const Parameter& parameter : Parameters()) {
    absl::StrAppend(&text, parameter.name, " = mysql:/m/", parameter.name,
                    ".cf\n");
  }
  const Config config = Parsed(text);
  EXPECT_EQ(config.served.size(), Parameters().size());
  for (const Parameter& parameter : Parameters()) {
    const ServedParameter* served = config.Find(parameter.name);
    ASSERT_NE(served, nullptr) << parameter.name;
    EXPECT_EQ(served->parameter, &parameter);
  }
}

TEST(ConfigTest, FindsServedParametersOnly) {
  const Config config = Parsed(kDomains);
  EXPECT_EQ(config.Find("virtual_mailbox_domains"), &config.served[0]);
  EXPECT_EQ(config.Find("virtual_alias_maps"), nullptr);
  EXPECT_EQ(config.Find("no_such_maps"), nullptr);
}

TEST(ConfigTest, NamesEachMapOnceInOrder) {
  EXPECT_THAT(With("virtual_alias_maps = mysql:/m/b.cf mysql:/m/a.cf\n"
                   "smtpd_sender_login_maps = mysql:/m/a.cf mysql:/m/c.cf\n"
                   "recipient_delimiter = +\n")
                  .MapNames(),
              ElementsAre("/m/domains.cf", "/m/b.cf", "/m/a.cf", "/m/c.cf"));
}

TEST(ConfigTest, DoesNotServeAnEmptyList) {
  const Config config =
      With("virtual_alias_domains =\nvirtual_alias_maps = ,\n");
  EXPECT_EQ(config.served.size(), 1u);
}

TEST(ConfigTest, FillsOneListIntoAnother) {
  EXPECT_THAT(
      With("virtual_mailbox_maps = mysql:/m/a.cf\n"
           "smtpd_sender_login_maps = $virtual_mailbox_maps, mysql:/m/b.cf\n"
           "recipient_delimiter = +\n")
          .Find("smtpd_sender_login_maps")
          ->maps,
      ElementsAre("/m/a.cf", "/m/b.cf"));
}

TEST(ConfigTest, ListensForWhatIsDefinedByDefault) {
  EXPECT_THAT(
      Listen(
          With("virtual_alias_maps = mysql:/m/a.cf\nrecipient_delimiter = +\n"
               "canonical_maps = mysql:/m/c.cf\n")),
      ElementsAre("tcp:127.0.0.1:10040:virtual_mailbox_domains",
                  "tcp:127.0.0.1:10042:virtual_alias_maps",
                  "socketmap:inet:127.0.0.1:10043",
                  "socketmap:unix:/var/spool/postfix/postmirror/maps"));
}

TEST(ConfigTest, ListensWhereItIsTold) {
  EXPECT_THAT(Listen(With("listen =\n    tcp:[::1]:1:virtual_mailbox_domains\n"
                          "    socketmap:unix:/run/m\n")),
              ElementsAre("tcp:[::1]:1:virtual_mailbox_domains",
                          "socketmap:unix:/run/m"));
}

TEST(ConfigTest, ListensForAParameterDefinedFurtherDown) {
  EXPECT_THAT(Listen(Parsed("listen = tcp:127.0.0.1:1:virtual_alias_domains\n"
                            "virtual_alias_domains = mysql:/m/a.cf\n")),
              ElementsAre("tcp:127.0.0.1:1:virtual_alias_domains"));
}

TEST(ConfigTest, LocalDomainsAreMydestinationAndMyorigin) {
  const Config config = With(
      "myhostname = mx.Example.org\nmyorigin = $mydomain\n"
      "mydestination = $myhostname, localhost.$mydomain, localhost\n");
  EXPECT_TRUE(config.mydestination_stated);
  EXPECT_THAT(config.search.local_domains,
              ElementsAre("mx.example.org", "localhost.example.org",
                          "localhost", "example.org"));
}

TEST(ConfigTest, LocalDomainsAreMyoriginAlone) {
  const Config config = With("myorigin = example.org\n");
  EXPECT_FALSE(config.mydestination_stated);
  EXPECT_THAT(config.search.local_domains, ElementsAre("example.org"));
}

TEST(ConfigTest, LocalDomainsStandOnce) {
  EXPECT_THAT(With("mydestination = a.org A.org b.org\nmyorigin = b.org\n")
                  .search.local_domains,
              ElementsAre("a.org", "b.org"));
}

TEST(ConfigTest, AHostNameAloneIsNotLocal) {
  EXPECT_THAT(With("myhostname = a.org\nmydomain = org\n").search.local_domains,
              IsEmpty());
}

TEST(ConfigTest, ToServeNothingIsReadAndFailsTheCheck) {
  for (const char* text :
       {"", "recipient_delimiter = +\nvirtual_alias_maps =\n"}) {
    const absl::StatusOr<Config> config = ParseConfig("f.cf", text);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_THAT(config->served, IsEmpty());
    EXPECT_EQ(CheckServes(*config),
              absl::InvalidArgumentError(
                  "f.cf: no parameter is served, so that there is nothing to "
                  "answer, copy the lines virtual_mailbox_domains, "
                  "virtual_mailbox_maps and virtual_alias_maps with their "
                  "mysql: maps from main.cf to here"));
  }
}

TEST(ConfigTest, OneParameterPassesTheCheck) {
  EXPECT_TRUE(CheckServes(With("")).ok());
}

TEST(ConfigTest, UnixSocketsHaveOwnerGroupAndMode) {
  const Config config = With(
      "unix_socket_owner = postfix\nunix_socket_group = 105\n"
      "unix_socket_mode = 0660\n");
  EXPECT_EQ(config.unix_socket_owner, "postfix");
  EXPECT_EQ(config.unix_socket_group, "105");
  EXPECT_EQ(config.unix_socket_mode, 0660U);
  EXPECT_EQ(With("").unix_socket_mode, 0666U);
}

TEST(ReadConfigTest, ReadsAFileButNotItsMaps) {
  char path[] = "/tmp/config_test.XXXXXX";
  const int fd = mkstemp(path);
  ASSERT_GE(fd, 0);
  close(fd);
  std::ofstream(path)
      << "virtual_mailbox_domains = mysql:/nonexistent/domains.cf\n";
  EXPECT_THAT(ReadConfig(path)->MapNames(),
              ElementsAre("/nonexistent/domains.cf"));
  std::ofstream(path) << "a\n";
  EXPECT_EQ(ReadConfig(path).status().code(),
            absl::StatusCode::kInvalidArgument);
  unlink(path);
  EXPECT_EQ(ReadConfig(path).status(),
            absl::NotFoundError(absl::StrCat(
                path, ": cannot be read: No such file or directory")));
}

}  // namespace
}  // namespace postmirror
