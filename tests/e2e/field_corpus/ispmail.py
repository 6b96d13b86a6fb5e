"""The ISPmail guide, as it is now and as it was."""

from field_corpus.field_map import FieldMap, Project

TABLES = """
CREATE TABLE virtual_domains (id INT AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(50) NOT NULL) CHARSET utf8mb3 COLLATE utf8mb3_general_ci;
CREATE TABLE virtual_users (id INT AUTO_INCREMENT PRIMARY KEY, domain_id INT,
  email VARCHAR(100) NOT NULL) CHARSET utf8mb3 COLLATE utf8mb3_general_ci;
CREATE TABLE virtual_aliases (id INT AUTO_INCREMENT PRIMARY KEY, domain_id INT,
  source VARCHAR(100), destination VARCHAR(100))
  CHARSET utf8mb3 COLLATE utf8mb3_general_ci;
INSERT INTO virtual_domains (name) VALUES ('example.org'), ('Example.NET');
INSERT INTO virtual_users (domain_id, email) VALUES
  (1, 'john@example.org'), (1, 'Jane@Example.org'), (2, 'office@example.net ');
INSERT INTO virtual_aliases (domain_id, source, destination) VALUES
  (1, 'info@example.org', 'john@example.org'),
  (1, 'INFO@example.org', 'Jane@Example.org'),
  (1, 'info@Example.ORG ', 'elsewhere@remote.invalid'),
  (1, 'info@example.org', 'john@example.org'),
  (1, 'john@example.org', 'john@example.org'),
  (1, 'john@example.org', 'archive@example.org'),
  (1, 'jane@example.org', NULL), (1, NULL, 'john@example.org'),
  (2, '@example.net', 'office@example.net'),
  (2, 'list@example.net', 'john@example.org, jane@example.org');
"""

KEYS = (
    "example.org",
    "EXAMPLE.net",
    "example.com",
    "john@example.org",
    "JOHN@example.ORG",
    "jane@example.org",
    "info@example.org",
    "Info@Example.Org",
    "office@example.net",
    "list@example.net",
    "@example.net",
    "nobody@example.org",
)

NEW = Project(
    "ispmail",
    TABLES,
    KEYS,
    (
        FieldMap(
            "virtual_mailbox_domains",
            "domains",
            "SELECT 1 FROM virtual_domains WHERE name='%s'",
        ),
        FieldMap(
            "virtual_mailbox_maps",
            "mailboxes",
            "SELECT 1 FROM virtual_users WHERE email='%s'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "aliases",
            "SELECT destination FROM virtual_aliases WHERE source='%s'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "email2email",
            "SELECT email FROM virtual_users WHERE email='%s'",
        ),
        FieldMap(
            "smtpd_sender_login_maps",
            "sender_login",
            "SELECT email FROM virtual_users WHERE email='%s' UNION"
            " SELECT destination FROM virtual_aliases WHERE source='%s'",
        ),
    ),
)

_OLD_TABLES = """
CREATE TABLE virtual_domains (id INT AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(50) NOT NULL) CHARSET utf8mb3 COLLATE utf8mb3_general_ci;
CREATE TABLE virtual_users (id INT AUTO_INCREMENT PRIMARY KEY, domain_id INT,
  user VARCHAR(40)) CHARSET utf8mb3 COLLATE utf8mb3_general_ci;
CREATE TABLE virtual_aliases (id INT AUTO_INCREMENT PRIMARY KEY, domain_id INT,
  source VARCHAR(40), destination VARCHAR(80))
  CHARSET utf8mb3 COLLATE utf8mb3_general_ci;
CREATE VIEW view_users AS
  SELECT CONCAT(virtual_users.user, '@', virtual_domains.name) AS email
  FROM virtual_users LEFT JOIN virtual_domains
  ON virtual_users.domain_id = virtual_domains.id;
CREATE VIEW view_aliases AS
  SELECT CONCAT(virtual_aliases.source, '@', virtual_domains.name) AS email,
    destination
  FROM virtual_aliases LEFT JOIN virtual_domains
  ON virtual_aliases.domain_id = virtual_domains.id;
INSERT INTO virtual_domains (name) VALUES ('example.org'), ('Example.NET');
INSERT INTO virtual_users (domain_id, user) VALUES
  (1, 'john'), (1, 'Jane'), (2, 'office'), (9, 'homeless');
INSERT INTO virtual_aliases (domain_id, source, destination) VALUES
  (1, 'info', 'john@example.org'), (1, 'INFO', 'jane@example.org'),
  (2, '', 'office@example.net'), (9, 'lost', 'john@example.org');
"""

OLD = Project(
    "ispmail_old",
    _OLD_TABLES,
    KEYS,
    (
        FieldMap(
            "virtual_mailbox_domains",
            "domains",
            "SELECT 1 FROM virtual_domains WHERE name='%s'",
        ),
        FieldMap(
            "virtual_mailbox_maps",
            "mailboxes",
            "SELECT 1 FROM view_users WHERE email='%s'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "aliases",
            "SELECT destination FROM view_aliases WHERE email='%s'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "email2email",
            "SELECT email FROM view_users WHERE email='%s'",
        ),
    ),
)
