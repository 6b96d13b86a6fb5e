// The queries that mail servers in the field use, from their guides and panels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/schema/query/derivation.h"

namespace postmirror {
namespace {

using ::testing::HasSubstr;

TEST(FieldQueryTest, IspMailIsDerived) {
  EXPECT_EQ(DerivedSql("SELECT 1 FROM virtual_domains WHERE name='%s'"),
            "SELECT name, 1 FROM virtual_domains");
  EXPECT_EQ(DerivedSql("SELECT 1 FROM virtual_users WHERE email='%s'"),
            "SELECT email, 1 FROM virtual_users");
  EXPECT_EQ(DerivedSql("SELECT 1 FROM virtual_mailboxes WHERE email='%s'"),
            "SELECT email, 1 FROM virtual_mailboxes");
  EXPECT_EQ(
      DerivedSql("SELECT destination FROM virtual_aliases WHERE source='%s'"),
      "SELECT source, destination FROM virtual_aliases");
  EXPECT_EQ(DerivedSql("SELECT email FROM virtual_users WHERE email='%s'"),
            "SELECT email, email FROM virtual_users");
}

TEST(FieldQueryTest, IspMailSenderLoginUnionIsDerived) {
  EXPECT_EQ(DerivedSql(
                "SELECT email FROM virtual_users WHERE email='%s' UNION SELECT "
                "destination FROM virtual_aliases WHERE source='%s'"),
            "SELECT email, email FROM virtual_users UNION SELECT source, "
            "destination FROM virtual_aliases");
}

TEST(FieldQueryTest, OldIspMailViewsAreDerived) {
  EXPECT_EQ(DerivedSql("SELECT destination FROM view_aliases WHERE email='%s'"),
            "SELECT email, destination FROM view_aliases");
  EXPECT_EQ(DerivedSql("SELECT 1 FROM view_users WHERE email='%s'"),
            "SELECT email, 1 FROM view_users");
}

TEST(FieldQueryTest, PostfixAdminIsDerived) {
  EXPECT_EQ(
      DerivedSql(
          "SELECT username FROM mailbox WHERE username='%s' AND active='1'"),
      "SELECT username, username FROM mailbox WHERE active='1'");
  EXPECT_EQ(
      DerivedSql("SELECT goto FROM alias WHERE address='%s' AND active = '1'"),
      "SELECT address, goto FROM alias WHERE active = '1'");
  EXPECT_EQ(
      DerivedSql(
          "SELECT domain FROM domain WHERE domain='%s' AND active='1' AND "
          "backupmx='0' "
          "AND NOT (transport LIKE 'smtp%%' OR transport LIKE 'relay%%')"),
      "SELECT domain, domain FROM domain WHERE active='1' AND backupmx='0' AND "
      "NOT "
      "(transport LIKE 'smtp%' OR transport LIKE 'relay%')");
  EXPECT_EQ(
      DerivedSql(
          "SELECT domain FROM domain WHERE domain='%s' AND active = '1' AND "
          "(transport LIKE 'smtp%%' OR transport LIKE 'relay%%')"),
      "SELECT domain, domain FROM domain WHERE active = '1' AND (transport "
      "LIKE 'smtp%' OR "
      "transport LIKE 'relay%')");
  EXPECT_EQ(DerivedSql("SELECT REPLACE(transport, 'virtual', ':') AS transport "
                       "FROM domain WHERE "
                       "domain='%s' AND active = '1'"),
            "SELECT domain, REPLACE(transport, 'virtual', ':') AS transport "
            "FROM domain WHERE "
            "active = '1'");
  EXPECT_EQ(
      DerivedSql(
          "SELECT maildir FROM mailbox WHERE username='%s' AND active = '1'"),
      "SELECT username, maildir FROM mailbox WHERE active = '1'");
}

TEST(FieldQueryTest, PostfixAdminAliasDomainsAreRefused) {
  EXPECT_THAT(
      DeriveRefusal("SELECT goto FROM alias,alias_domain WHERE "
                    "alias_domain.alias_domain = "
                    "'%d' and alias.address = CONCAT('%u', '@', "
                    "alias_domain.target_domain) "
                    "AND alias.active = '1' AND alias_domain.active='1'"),
      HasSubstr("%d asks for a part of the key"));
}

TEST(FieldQueryTest, IRedMailJoinsAreDerived) {
  EXPECT_EQ(
      DerivedSql(
          "SELECT forwardings.forwarding FROM forwardings,domain WHERE "
          "forwardings.address='%s' AND forwardings.domain=domain.domain AND "
          "forwardings.active=1 AND domain.backupmx=0 AND domain.active=1"),
      "SELECT forwardings.address, forwardings.forwarding FROM "
      "forwardings,domain WHERE "
      "forwardings.domain=domain.domain AND forwardings.active=1 AND "
      "domain.backupmx=0 AND "
      "domain.active=1");
  EXPECT_EQ(
      DerivedSql(
          "SELECT CONCAT(mailbox.storagenode,'/',mailbox.maildir,'/Maildir/') "
          "FROM "
          "mailbox,domain WHERE mailbox.username='%s' AND mailbox.active=1 AND "
          "mailbox.enabledeliver=1 AND domain.domain=mailbox.domain AND "
          "domain.active=1"),
      "SELECT mailbox.username, "
      "CONCAT(mailbox.storagenode,'/',mailbox.maildir,'/Maildir/') "
      "FROM mailbox,domain WHERE mailbox.active=1 AND mailbox.enabledeliver=1 "
      "AND "
      "domain.domain=mailbox.domain AND domain.active=1");
}

TEST(FieldQueryTest, IRedMailLimitsAreDerived) {
  EXPECT_EQ(
      DerivedSql(
          "SELECT domain FROM domain WHERE domain='%s' AND backupmx=1 AND "
          "active=1 LIMIT 1"),
      "SELECT `key`, `value_1` FROM (WITH `numbered` (`key`, `value_1`, "
      "`place`) AS (SELECT domain, domain, ROW_NUMBER() OVER (PARTITION BY "
      "domain) FROM domain WHERE backupmx=1 AND active=1) SELECT * FROM "
      "`numbered`) AS `numbered` WHERE `place` <= 1 ORDER BY `place`");
  EXPECT_EQ(
      DerivedSql(
          "(SELECT domain FROM domain WHERE domain='%s' LIMIT 1) UNION (SELECT "
          "alias_domain.alias_domain FROM alias_domain,domain WHERE "
          "alias_domain.alias_domain='%s' AND "
          "alias_domain.target_domain=domain.domain LIMIT 1)"),
      "SELECT `key`, `value_1` FROM (WITH `numbered` (`key`, `value_1`, "
      "`place`) AS (SELECT domain, domain, ROW_NUMBER() OVER (PARTITION BY "
      "domain) FROM domain) SELECT * FROM `numbered`) AS `numbered` WHERE "
      "`place` <= 1 UNION SELECT `key`, `value_1` FROM (WITH `numbered` "
      "(`key`, `value_1`, `place`) AS (SELECT alias_domain.alias_domain, "
      "alias_domain.alias_domain, ROW_NUMBER() OVER (PARTITION BY "
      "alias_domain.alias_domain) FROM alias_domain,domain WHERE "
      "alias_domain.target_domain=domain.domain) SELECT * FROM `numbered`) AS "
      "`numbered` WHERE `place` <= 1");
}

TEST(FieldQueryTest, IRedMailDomainKeysAreRefused) {
  EXPECT_THAT(DeriveRefusal(
                  "SELECT forwardings.forwarding FROM forwardings,domain WHERE "
                  "forwardings.address='%d' AND '%u' NOT LIKE '%%+%%' AND "
                  "forwardings.address=domain.domain"),
              HasSubstr("%d asks for a part of the key"));
}

TEST(FieldQueryTest, MailcowIsDerived) {
  EXPECT_EQ(DerivedSql("SELECT goto FROM alias WHERE address='%s' AND "
                       "(active='1' OR active='2');"),
            "SELECT address, goto FROM alias WHERE (active='1' OR active='2')");
  EXPECT_EQ(DerivedSql("SELECT bcc_dest FROM bcc_maps WHERE local_dest='%s' "
                       "AND type='rcpt' AND "
                       "active='1';"),
            "SELECT local_dest, bcc_dest FROM bcc_maps WHERE type='rcpt' AND "
            "active='1'");
  EXPECT_EQ(
      DerivedSql("SELECT CONCAT(policy, ' ', parameters) AS tls_policy FROM "
                 "tls_policy_override WHERE active = '1' AND dest = '%s'"),
      "SELECT dest, CONCAT(policy, ' ', parameters) AS tls_policy FROM "
      "tls_policy_override "
      "WHERE active = '1'");
  EXPECT_EQ(DerivedSql("SELECT alias_domain from alias_domain WHERE "
                       "alias_domain='%s' AND active='1' UNION SELECT domain "
                       "FROM domain WHERE domain='%s' AND active = '1' AND "
                       "backupmx = '0'"),
            "SELECT alias_domain, alias_domain FROM alias_domain WHERE "
            "active='1' UNION SELECT domain, domain FROM domain WHERE active = "
            "'1' AND backupmx = '0'");
  EXPECT_EQ(DerivedSql("SELECT 'null@localhost' FROM mailbox WHERE kind REGEXP "
                       "'location|thing|group' AND username = '%s';"),
            "SELECT username, 'null@localhost' FROM mailbox WHERE kind REGEXP "
            "'location|thing|group'");
}

TEST(FieldQueryTest, MailcowKeyPartsTimeAndPatternsAreRefused) {
  EXPECT_THAT(
      DeriveRefusal(
          "SELECT CONCAT(JSON_UNQUOTE(JSON_VALUE(attributes, "
          "'$.mailbox_format')), mailbox_path_prefix, '%d/%u/') FROM mailbox "
          "WHERE username='%s' AND (active = '1' OR active = '2')"),
      HasSubstr("%d asks for a part of the key"));
  EXPECT_THAT(
      DeriveRefusal(
          "SELECT goto FROM spamalias WHERE address='%s' AND (validity >= "
          "UNIX_TIMESTAMP() OR permanent != 0)"),
      HasSubstr("the function \"UNIX_TIMESTAMP\" changes with time"));
  EXPECT_THAT(
      DeriveRefusal("SELECT action FROM access WHERE '%s' REGEXP destination"),
      HasSubstr("is more or other than column = '%s'"));
}

TEST(FieldQueryTest, ModoboaIsDerivedOrRefused) {
  EXPECT_EQ(DerivedSql("SELECT CONCAT(service, ':', next_hop) FROM "
                       "transport_transport WHERE "
                       "pattern='%s'"),
            "SELECT pattern, CONCAT(service, ':', next_hop) FROM "
            "transport_transport");
  EXPECT_EQ(
      DerivedSql("SELECT dom.name FROM admin_domain dom INNER JOIN "
                 "admin_domainalias domal ON "
                 "dom.id=domal.target_id WHERE domal.name='%s' AND "
                 "domal.enabled=1 AND "
                 "dom.enabled=1"),
      "SELECT domal.name, dom.name FROM admin_domain dom INNER JOIN "
      "admin_domainalias domal "
      "ON dom.id=domal.target_id WHERE domal.enabled=1 AND dom.enabled=1");
  EXPECT_THAT(
      DeriveRefusal(
          "SELECT action FROM relaydomains_recipientaccess WHERE pattern='%d'"),
      HasSubstr("%d asks for a part of the key"));
  EXPECT_THAT(
      DeriveRefusal("(SELECT email FROM core_user WHERE email='%s') UNION "
                    "(SELECT mb.address FROM mb INNER JOIN sad ON "
                    "sad.mailbox_id=mb.id WHERE sad.address=concat('@','%d'))"),
      HasSubstr("%d asks for a part of the key"));
  EXPECT_THAT(
      DeriveRefusal(
          "SELECT alr.address FROM modoboa_aliases al INNER JOIN alr ON "
          "alr.alias_id=al.id WHERE al.enabled=1 AND al.address='%s' AND "
          "(al.expire_at IS NULL OR al.expire_at>now())"),
      HasSubstr("the function \"now\" changes with time"));
}

TEST(FieldQueryTest, FroxlorIsDerived) {
  EXPECT_EQ(
      DerivedSql(
          "SELECT CONCAT(homedir,maildir) FROM mail_users WHERE email = '%s'"),
      "SELECT email, CONCAT(homedir,maildir) FROM mail_users");
  EXPECT_EQ(DerivedSql("SELECT v.destination FROM mail_virtual AS v, "
                       "panel_customers AS c WHERE "
                       "v.email = '%s' AND v.customerid = c.customerid AND "
                       "c.deactivated = 0 AND "
                       "TRIM(v.destination) <> ''"),
            "SELECT v.email, v.destination FROM mail_virtual AS v, "
            "panel_customers AS c WHERE "
            "v.customerid = c.customerid AND c.deactivated = 0 AND "
            "TRIM(v.destination) <> ''");
}

}  // namespace
}  // namespace postmirror
