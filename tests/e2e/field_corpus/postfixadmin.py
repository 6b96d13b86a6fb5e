"""PostfixAdmin: one table each for domains, mailboxes and aliases, and domains
that stand for another one."""

from field_corpus.field_map import FieldMap, Project

_TABLES = """
CREATE TABLE domain (domain VARCHAR(255) PRIMARY KEY, transport VARCHAR(255),
  backupmx TINYINT(1), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE mailbox (username VARCHAR(255) PRIMARY KEY, maildir VARCHAR(255),
  quota BIGINT, active TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE alias (address VARCHAR(255) PRIMARY KEY, goto TEXT,
  active TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE alias_domain (alias_domain VARCHAR(255) PRIMARY KEY,
  target_domain VARCHAR(255), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
INSERT INTO domain VALUES ('example.org', 'virtual', 0, 1),
  ('Old.example', 'virtual', 0, 0), ('backup.example', 'virtual', 1, 1),
  ('relayed.example', 'smtp:[10.0.0.1]', 0, 1);
INSERT INTO mailbox VALUES ('john@example.org', 'example.org/john/', 0, 1),
  ('Jane@Example.org', 'example.org/jane/', 0, 1),
  ('gone@example.org', 'example.org/gone/', 0, 0);
INSERT INTO alias VALUES ('john@example.org', 'john@example.org', 1),
  ('Info@example.org', 'john@example.org,jane@example.org', 1),
  ('off@example.org', 'john@example.org', 0),
  ('@example.org', 'jane@example.org', 1);
INSERT INTO alias_domain VALUES ('alias.example', 'example.org', 1),
  ('Other.example', 'Example.ORG', 1), ('off.example', 'example.org', 0);
"""

_PARTS = "%d asks for a part of the key"

# The local part of an address, without which Postfix does not ask for %u.
_ALIASED = (
    "CONCAT(SUBSTRING_INDEX({0}, '@', 1), '@', alias_domain.alias_domain), {1}"
    " FROM {2} JOIN alias_domain"
    " ON alias_domain.target_domain = SUBSTRING_INDEX({0}, '@', -1)"
    " WHERE {0} NOT LIKE '@%' AND {2}.active = '1' AND alias_domain.active = '1'"
)

PROJECT = Project(
    "postfixadmin",
    _TABLES,
    (
        "example.org",
        "Example.org",
        "old.example",
        "backup.example",
        "relayed.example",
        "alias.example",
        "john@example.org",
        "JANE@example.org",
        "gone@example.org",
        "info@example.org",
        "off@example.org",
        "@example.org",
        "john@alias.example",
        "INFO@alias.example",
        "jane@other.example",
        "john@off.example",
        "@alias.example",
        "nobody@alias.example",
    ),
    (
        FieldMap(
            "smtpd_sender_login_maps",
            "sender_login",
            "SELECT username FROM mailbox WHERE username='%s' AND active='1'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "alias",
            "SELECT goto FROM alias WHERE address='%s' AND active='1'",
        ),
        FieldMap(
            "virtual_mailbox_domains",
            "domains",
            "SELECT domain FROM domain WHERE domain='%s' AND active='1' AND"
            " backupmx='0' AND NOT"
            " (transport LIKE 'smtp%%' OR transport LIKE 'relay%%')",
        ),
        FieldMap(
            "virtual_mailbox_maps",
            "mailbox",
            "SELECT maildir FROM mailbox WHERE username='%s' AND active='1'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "alias_domain",
            "SELECT goto FROM alias,alias_domain WHERE"
            " alias_domain.alias_domain = '%d' AND alias.address ="
            " CONCAT('%u', '@', alias_domain.target_domain) AND alias.active ='1'"
            " AND alias_domain.active='1'",
            reason=_PARTS,
            mirror_query="SELECT "
            + _ALIASED.format("alias.address", "alias.goto", "alias"),
        ),
        FieldMap(
            "virtual_alias_maps",
            "alias_domain_catchall",
            "SELECT goto FROM alias,alias_domain WHERE"
            " alias_domain.alias_domain = '%d' AND alias.address ="
            " CONCAT('@', alias_domain.target_domain) AND alias.active ='1'"
            " AND alias_domain.active='1'",
            reason=_PARTS,
            # The address search comes to it last, as with a catch-all of its own.
            mirror_query="SELECT CONCAT('@', alias_domain.alias_domain), alias.goto"
            " FROM alias JOIN alias_domain"
            " ON alias.address = CONCAT('@', alias_domain.target_domain)"
            " WHERE alias.active = '1' AND alias_domain.active = '1'",
            served_as="virtual_alias_maps",
        ),
        FieldMap(
            "virtual_mailbox_maps",
            "alias_domain_mailbox",
            "SELECT maildir FROM mailbox,alias_domain WHERE"
            " alias_domain.alias_domain = '%d' AND mailbox.username ="
            " CONCAT('%u', '@', alias_domain.target_domain) AND mailbox.active='1'"
            " AND alias_domain.active='1'",
            reason=_PARTS,
            mirror_query="SELECT "
            + _ALIASED.format("mailbox.username", "mailbox.maildir", "mailbox"),
        ),
        FieldMap(
            "relay_domains",
            "relay_domains",
            "SELECT domain FROM domain WHERE domain='%s' AND active='1' AND"
            " (transport LIKE 'smtp%%' OR transport LIKE 'relay%%')",
        ),
        FieldMap(
            "transport_maps",
            "transport",
            "SELECT REPLACE(transport, 'virtual', ':') AS transport FROM domain"
            " WHERE domain='%s' AND active='1'",
        ),
        FieldMap(
            "virtual_mailbox_limit_maps",
            "mailbox_limit",
            "SELECT quota FROM mailbox WHERE username='%s' AND active='1'",
        ),
    ),
)
