"""mailcow: the map files that its Postfix container writes."""

from field_corpus.field_map import FieldMap, Project

_TABLES = """
CREATE TABLE domain (domain VARCHAR(255) PRIMARY KEY, backupmx TINYINT(1),
  relay_all_recipients TINYINT(1), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE alias_domain (alias_domain VARCHAR(255) PRIMARY KEY,
  target_domain VARCHAR(255), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE mailbox (username VARCHAR(255) PRIMARY KEY, domain VARCHAR(255),
  attributes TEXT, mailbox_path_prefix VARCHAR(150), kind VARCHAR(100),
  active TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE alias (id INT PRIMARY KEY, address VARCHAR(255), goto TEXT,
  domain VARCHAR(255), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE spamalias (address VARCHAR(255) PRIMARY KEY, goto TEXT, validity INT,
  permanent TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE recipient_maps (id INT PRIMARY KEY, old_dest VARCHAR(255),
  new_dest VARCHAR(255), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE sender_acl (id INT PRIMARY KEY, logged_in_as VARCHAR(255),
  send_as VARCHAR(255)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
INSERT INTO domain VALUES ('example.org', 0, 0, 1), ('off.example', 0, 0, 0),
  ('Backup.example', 1, 0, 1), ('all.example', 1, 1, 1);
INSERT INTO alias_domain VALUES ('Alias.example', 'example.org', 1),
  ('example.org', 'example.org', 1), ('idle.example', 'example.org', 0);
INSERT INTO mailbox VALUES
  ('john@example.org', 'example.org', '{"mailbox_format":"maildir:"}',
   '/var/vmail/', '', 1),
  ('Jane@Example.org', 'example.org', '{"mailbox_format":"maildir:"}',
   '/var/vmail/', '', 2),
  ('gone@example.org', 'example.org', '{"mailbox_format":"maildir:"}',
   '/var/vmail/', '', 0),
  ('Room@example.org', 'example.org', '{}', '/var/vmail/', 'location', 1),
  ('kept@backup.example', 'backup.example', '{}', '/var/vmail/', '', 1),
  ('any@all.example', 'all.example', '{}', '/var/vmail/', '', 1);
INSERT INTO alias VALUES (1, 'john@example.org', 'john@example.org',
   'example.org', 1),
  (2, 'info@example.org', 'john@example.org,Jane@Example.org', 'example.org', 1),
  (3, 'Hidden@example.org', 'john@example.org', 'example.org', 2),
  (4, 'off@example.org', 'john@example.org', 'example.org', 0),
  (5, 'user@off.example', 'john@example.org', 'off.example', 1);
INSERT INTO spamalias VALUES ('temp@example.org', 'john@example.org',
   UNIX_TIMESTAMP() + 86400, 0),
  ('Always@example.org', 'john@example.org', 1, 1),
  ('over@example.org', 'john@example.org', 1, 0);
INSERT INTO recipient_maps VALUES (1, 'old@example.org', 'new@example.org', 1),
  (2, 'OLD@example.org', 'newer@example.org', 1),
  (3, 'was@example.org', 'new@example.org', 0);
INSERT INTO sender_acl VALUES (1, 'Jane@Example.org', 'Info@example.org'),
  (2, 'john@example.org', 'info@example.org'),
  (3, 'john@example.org', '@partner.example'),
  (4, 'Jane@Example.org', 'sales@partner.example');
-- What the cure asks for: the database itself removes what has expired.
DELETE FROM spamalias WHERE validity < UNIX_TIMESTAMP() AND permanent = 0;
"""

_PARTS = "%d asks for a part of the key"

PROJECT = Project(
    "mailcow",
    _TABLES,
    (
        "example.org",
        "ALIAS.example",
        "idle.example",
        "off.example",
        "backup.example",
        "john@example.org",
        "JANE@example.org",
        "gone@example.org",
        "room@example.org",
        "kept@backup.example",
        "any@all.example",
        "INFO@Example.org",
        "hidden@example.org",
        "off@example.org",
        "user@off.example",
        "john@alias.example",
        "jane@alias.example",
        "john@idle.example",
        "temp@example.org",
        "always@example.org",
        "over@example.org",
        "old@example.org",
        "was@example.org",
        "sales@partner.example",
        "anyone@partner.example",
    ),
    (
        FieldMap(
            "virtual_mailbox_domains",
            "virtual_domains",
            "SELECT alias_domain from alias_domain WHERE alias_domain='%s' AND"
            " active='1' UNION SELECT domain FROM domain WHERE domain='%s' AND"
            " active = '1' AND backupmx = '0'",
        ),
        FieldMap(
            "virtual_mailbox_maps",
            "virtual_mailbox",
            "SELECT CONCAT(JSON_UNQUOTE(JSON_VALUE(attributes,"
            " '$.mailbox_format')), mailbox_path_prefix, '%d/%u/') FROM mailbox"
            " WHERE username='%s' AND (active = '1' OR active = '2')",
            reason=_PARTS,
            mirror_query="SELECT username, CONCAT(JSON_UNQUOTE(JSON_VALUE("
            "attributes, '$.mailbox_format')), mailbox_path_prefix,"
            " LOWER(SUBSTRING_INDEX(username, '@', -1)), '/',"
            " LOWER(SUBSTRING_INDEX(username, '@', 1)), '/') FROM mailbox"
            " WHERE active = '1' OR active = '2'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "virtual_alias",
            "SELECT goto FROM alias WHERE address='%s' AND (active='1' OR"
            " active='2');",
        ),
        FieldMap(
            "virtual_alias_maps",
            "virtual_resource",
            "SELECT 'null@localhost' FROM mailbox WHERE kind REGEXP"
            " 'location|thing|group' AND username = '%s';",
        ),
        FieldMap(
            "virtual_alias_maps",
            "virtual_spamalias",
            "SELECT goto FROM spamalias WHERE address='%s' AND"
            " (validity >= UNIX_TIMESTAMP() OR permanent != 0)",
            reason='the function "UNIX_TIMESTAMP" changes with time',
            mirror_query="SELECT address, goto FROM spamalias",
        ),
        FieldMap(
            "virtual_alias_maps",
            "virtual_alias_domain",
            "SELECT username FROM mailbox, alias_domain WHERE"
            " alias_domain.alias_domain = '%d' AND mailbox.username ="
            " CONCAT('%u', '@', alias_domain.target_domain) AND"
            " (mailbox.active = '1' OR mailbox.active = '2') AND"
            " alias_domain.active='1'",
            reason=_PARTS,
            mirror_query="SELECT CONCAT(SUBSTRING_INDEX(username, '@', 1), '@',"
            " alias_domain), username FROM mailbox JOIN alias_domain"
            " ON target_domain = SUBSTRING_INDEX(username, '@', -1)"
            " WHERE mailbox.active IN ('1', '2') AND alias_domain.active = '1'",
        ),
        FieldMap(
            "recipient_canonical_maps",
            "recipient_canonical",
            "SELECT new_dest FROM recipient_maps WHERE old_dest='%s' AND"
            " active='1'",
        ),
        FieldMap(
            "relay_recipient_maps",
            "relay_recipient",
            "SELECT 'OK' FROM mailbox WHERE username = '%s' AND domain IN (SELECT"
            " domain FROM domain WHERE backupmx = '1' AND relay_all_recipients ="
            " '0' AND active = '1')",
            reason="begins a subquery",
            mirror_query="SELECT mailbox.username, 'OK' FROM mailbox"
            " JOIN domain USING (domain) WHERE backupmx = '1'"
            " AND relay_all_recipients = '0' AND domain.active = '1'",
        ),
        FieldMap(
            "smtpd_sender_login_maps",
            "sender_acl",
            "SELECT goto FROM alias WHERE address='%s' AND active='1' AND domain"
            " IN (SELECT domain FROM domain WHERE domain='%d' AND active='1')"
            " UNION SELECT logged_in_as FROM sender_acl WHERE send_as='@%d' OR"
            " send_as='%s' UNION SELECT username FROM mailbox, alias_domain WHERE"
            " alias_domain.alias_domain = '%d' AND mailbox.username ="
            " CONCAT('%u', '@', alias_domain.target_domain) AND"
            " mailbox.active = '1' AND alias_domain.active='1'",
            reason=_PARTS,
            # The fourth SELECT adds, to the addresses that are listed, those who
            # may use every address of the domain.
            mirror_query="SELECT alias.address, alias.goto FROM alias"
            " JOIN domain USING (domain)"
            " WHERE alias.active = '1' AND domain.active = '1'"
            " UNION SELECT CONCAT(SUBSTRING_INDEX(username, '@', 1), '@',"
            " alias_domain), username FROM mailbox JOIN alias_domain"
            " ON target_domain = SUBSTRING_INDEX(username, '@', -1)"
            " WHERE mailbox.active = '1' AND alias_domain.active = '1'"
            " UNION SELECT send_as, logged_in_as FROM sender_acl"
            " UNION SELECT one.send_as, every.logged_in_as FROM sender_acl one"
            " JOIN sender_acl every ON every.send_as ="
            " CONCAT('@', SUBSTRING_INDEX(one.send_as, '@', -1))",
            served_as="smtpd_sender_login_maps",
        ),
        FieldMap(
            "relay_domains",
            "virtual_relay_domain",
            "SELECT domain FROM domain WHERE domain='%s' AND backupmx = '1' AND"
            " active = '1'",
        ),
        FieldMap(
            "transport_maps",
            "relay_ne",
            "SELECT IF(EXISTS(SELECT address FROM alias WHERE address='%s'),"
            " 'lmtp:inet:dovecot:24', NULL)",
        ),
        FieldMap(
            "transport_maps",
            "transport",
            "SELECT CONCAT('smtp_via_transport_maps:', nexthop) FROM transports"
            " WHERE active = '1' AND destination = '%s'",
        ),
        FieldMap(
            "smtp_tls_policy_maps",
            "tls_policy_override",
            "SELECT CONCAT(policy, ' ', parameters) AS tls_policy FROM"
            " tls_policy_override WHERE active = '1' AND dest = '%s'",
        ),
        FieldMap(
            "recipient_bcc_maps",
            "recipient_bcc",
            "SELECT bcc_dest FROM bcc_maps WHERE local_dest='%s' AND type='rcpt'"
            " AND active='1'",
        ),
        FieldMap(
            "sender_bcc_maps",
            "sender_bcc",
            "SELECT bcc_dest FROM bcc_maps WHERE local_dest='%s' AND"
            " type='sender' AND active='1'",
        ),
        FieldMap(
            "smtp_sasl_password_maps",
            "sasl_passwd_transport",
            "SELECT CONCAT_WS(':', username, password) FROM transports WHERE"
            " active = '1' AND nexthop = '%s' LIMIT 1",
        ),
        FieldMap(
            "sender_dependent_default_transport_maps",
            "sender_dependent_default_transport",
            "SELECT CONCAT('smtp:', hostname) FROM relayhosts WHERE id IN (SELECT"
            " relayhost FROM domain WHERE domain = '%d')",
        ),
        FieldMap(
            "smtpd_recipient_restrictions",
            "mbr_access",
            "SELECT CONCAT('FILTER smtp_via_transport_maps:', nexthop) FROM"
            " transports WHERE '%s' REGEXP destination AND active = '1'",
        ),
        FieldMap(
            "smtpd_recipient_restrictions",
            "tls_enforce_in",
            "SELECT IF('1' = (SELECT tls_enforce_in FROM mailbox WHERE"
            " username = '%s'), 'reject_plaintext_session', NULL)",
        ),
    ),
)
