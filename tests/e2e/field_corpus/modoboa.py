"""Modoboa: names in tables of their own, joined by number."""

from field_corpus.field_map import FieldMap, Project

_TABLES = """
CREATE TABLE admin_domain (id INT PRIMARY KEY, name VARCHAR(100),
  type VARCHAR(20), enabled TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE admin_domainalias (id INT PRIMARY KEY, name VARCHAR(100),
  target_id INT, enabled TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE admin_mailbox (id INT PRIMARY KEY, address VARCHAR(252),
  domain_id INT) CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE core_user (id INT PRIMARY KEY, email VARCHAR(254),
  is_active TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE admin_senderaddress (id INT PRIMARY KEY, address VARCHAR(254),
  mailbox_id INT) CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE admin_alias (id INT PRIMARY KEY, address VARCHAR(254), domain_id INT,
  enabled TINYINT(1), expire_at DATETIME)
  CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
CREATE TABLE modoboa_admin_aliasrecipient (id INT PRIMARY KEY,
  address VARCHAR(254), alias_id INT, r_mailbox_id INT)
  CHARSET utf8mb4 COLLATE utf8mb4_unicode_ci;
INSERT INTO admin_domain VALUES (1, 'example.org', 'domain', 1),
  (2, 'Relay.example', 'relaydomain', 1), (3, 'off.example', 'domain', 0);
INSERT INTO admin_domainalias VALUES (1, 'Alias.example', 1, 1),
  (2, 'idle.example', 1, 0), (3, 'lost.example', 3, 1);
INSERT INTO admin_mailbox VALUES (1, 'john', 1), (2, 'Jane', 1), (3, 'max', 1);
INSERT INTO core_user VALUES (1, 'John@example.org', 1), (2, 'max@example.org', 0);
INSERT INTO admin_senderaddress VALUES (1, 'news@example.org', 1),
  (2, 'News@Example.org', 2), (3, 'john@example.org', 1),
  (4, '@partner.example', 2);
INSERT INTO admin_alias VALUES (1, 'info@example.org', 1, 1, NULL),
  (2, 'later@example.org', 1, 1, '2099-01-01'),
  (3, 'over@example.org', 1, 1, '2001-01-01'),
  (4, 'Off@example.org', 1, 0, NULL), (5, 'News@example.org', 1, 1, NULL);
INSERT INTO modoboa_admin_aliasrecipient VALUES (1, 'john@example.org', 1, 1),
  (2, 'jane@example.org', 1, 2), (3, 'elsewhere@remote.invalid', 1, NULL),
  (4, 'john@example.org', 2, 1), (5, 'john@example.org', 3, 1),
  (6, 'john@example.org', 4, 1), (7, 'max@example.org', 5, 3);
-- What the cure asks for: the database itself removes what has expired.
DELETE FROM admin_alias WHERE expire_at <= NOW();
"""

_LOGIN = "CONCAT(mb.address, '@', dom.name)"

PROJECT = Project(
    "modoboa",
    _TABLES,
    (
        "example.org",
        "relay.example",
        "off.example",
        "ALIAS.example",
        "idle.example",
        "lost.example",
        "john@example.org",
        "JOHN@example.org",
        "max@example.org",
        "info@Example.org",
        "later@example.org",
        "over@example.org",
        "off@example.org",
        "news@example.org",
        "info@alias.example",
        "anyone@partner.example",
        "nobody@example.org",
    ),
    (
        FieldMap(
            "virtual_mailbox_domains",
            "domains",
            "SELECT name FROM admin_domain WHERE name='%s' AND type='domain' AND"
            " enabled=1",
        ),
        FieldMap(
            "virtual_alias_domains",
            "domain_aliases",
            "SELECT dom.name FROM admin_domain dom INNER JOIN admin_domainalias"
            " domal ON dom.id=domal.target_id WHERE domal.name='%s' AND"
            " domal.enabled=1 AND dom.enabled=1",
        ),
        FieldMap(
            "virtual_alias_maps",
            "aliases",
            "SELECT alr.address FROM modoboa_admin_aliasrecipient AS alr INNER"
            " JOIN admin_alias AS al ON alr.alias_id=al.id WHERE al.enabled=1 AND"
            " al.address='%s' AND (al.expire_at IS NULL OR al.expire_at>now())",
            reason='the function "now" changes with time',
            mirror_query="SELECT al.address, alr.address"
            " FROM modoboa_admin_aliasrecipient AS alr INNER JOIN"
            " admin_alias AS al ON alr.alias_id=al.id WHERE al.enabled=1",
        ),
        FieldMap(
            "smtpd_sender_login_maps",
            "sender_login",
            "(SELECT email FROM core_user WHERE email='%s' AND is_active=1) UNION"
            f" (SELECT {_LOGIN} FROM admin_mailbox mb INNER JOIN"
            " admin_senderaddress sad ON sad.mailbox_id=mb.id INNER JOIN"
            " admin_domain dom ON dom.id=mb.domain_id WHERE sad.address='%s')"
            f" UNION (SELECT {_LOGIN} FROM admin_mailbox mb INNER JOIN"
            " modoboa_admin_aliasrecipient alr ON alr.r_mailbox_id=mb.id INNER"
            " JOIN admin_domain dom ON dom.id=mb.domain_id INNER JOIN admin_alias"
            " al ON alr.alias_id=al.id LEFT JOIN admin_domainalias adoma ON"
            " adoma.target_id=al.domain_id LEFT JOIN admin_domain adom ON"
            " adom.id=adoma.target_id WHERE al.enabled=1 AND (al.address='%s' OR"
            " (adoma.name='%d' AND al.address=CONCAT('%u', '@', adom.name))))"
            f" UNION (SELECT {_LOGIN} FROM admin_mailbox mb INNER JOIN"
            " admin_senderaddress sad ON sad.mailbox_id=mb.id INNER JOIN"
            " admin_domain dom ON dom.id=mb.domain_id WHERE"
            " sad.address=CONCAT('@', '%d'))",
            reason="%d asks for a part of the key",
            mirror_query="SELECT email, email FROM core_user WHERE is_active=1"
            f" UNION SELECT sad.address, {_LOGIN} FROM admin_mailbox mb INNER JOIN"
            " admin_senderaddress sad ON sad.mailbox_id=mb.id INNER JOIN"
            " admin_domain dom ON dom.id=mb.domain_id"
            f" UNION SELECT al.address, {_LOGIN} FROM admin_mailbox mb INNER JOIN"
            " modoboa_admin_aliasrecipient alr ON alr.r_mailbox_id=mb.id INNER"
            " JOIN admin_domain dom ON dom.id=mb.domain_id INNER JOIN admin_alias"
            " al ON alr.alias_id=al.id WHERE al.enabled=1"
            " UNION SELECT CONCAT(SUBSTRING_INDEX(al.address, '@', 1), '@',"
            f" adoma.name), {_LOGIN} FROM admin_mailbox mb INNER JOIN"
            " modoboa_admin_aliasrecipient alr ON alr.r_mailbox_id=mb.id INNER"
            " JOIN admin_domain dom ON dom.id=mb.domain_id INNER JOIN admin_alias"
            " al ON alr.alias_id=al.id INNER JOIN admin_domainalias adoma ON"
            " adoma.target_id=al.domain_id WHERE al.enabled=1",
            served_as="smtpd_sender_login_maps",
        ),
        FieldMap(
            "relay_domains",
            "relaydomains",
            "SELECT name FROM admin_domain WHERE name='%s' AND"
            " type='relaydomain' AND enabled=1",
        ),
        FieldMap(
            "transport_maps",
            "transport",
            "SELECT CONCAT(service, ':', next_hop) FROM transport_transport WHERE"
            " pattern='%s'",
        ),
        FieldMap(
            "transport_maps",
            "splitdomain_transport",
            "SELECT 'lmtp:unix:private/dovecot-lmtp' FROM admin_domain AS dom"
            " INNER JOIN admin_mailbox AS mb ON mb.domain_id=dom.id WHERE"
            " mb.address='%u' AND dom.name='%d'",
        ),
        FieldMap(
            "smtpd_recipient_restrictions",
            "maintain",
            "SELECT '450 mailbox unavailable' FROM admin_mailbox mb INNER JOIN"
            " admin_domain dom ON mb.domain_id=dom.id WHERE dom.name='%d' AND"
            " mb.address='%u' LIMIT 1",
        ),
        FieldMap(
            "smtpd_recipient_restrictions",
            "relay_recipient_verification",
            "SELECT action FROM relaydomains_recipientaccess WHERE pattern='%d'",
        ),
    ),
)
