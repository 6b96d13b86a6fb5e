"""Froxlor: mailboxes of customers."""

from field_corpus.field_map import FieldMap, Project

_TABLES = """
CREATE TABLE panel_customers (customerid INT PRIMARY KEY, deactivated TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE panel_domains (id INT PRIMARY KEY, domain VARCHAR(255),
  isemaildomain TINYINT(1)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE mail_users (id INT PRIMARY KEY, email VARCHAR(255),
  username VARCHAR(255), homedir VARCHAR(255), maildir VARCHAR(255), uid INT,
  gid INT) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE mail_virtual (id INT PRIMARY KEY, email VARCHAR(255),
  email_full VARCHAR(255), destination TEXT, customerid INT)
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE mail_sender_aliases (id INT PRIMARY KEY, email VARCHAR(255),
  allowed_sender VARCHAR(255)) CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
INSERT INTO panel_customers VALUES (1, 0), (2, 1);
INSERT INTO panel_domains VALUES (1, 'example.org', 1), (2, 'Example.net', 1),
  (3, 'www.example.org', 0);
INSERT INTO mail_users VALUES
  (1, 'John@example.org', 'john@example.org', '/var/mail/', 'one/john/', 7, 7),
  (2, 'jane@example.net', 'jane@example.net', '/var/mail/', 'two/jane/', 7, 7);
INSERT INTO mail_virtual VALUES
  (1, 'john@example.org', 'john@example.org', 'john@example.org', 1),
  (2, 'info@example.org', 'john@example.org', 'john@example.org a@b.invalid', 1),
  (3, '@example.org', '@example.org', 'john@example.org', 1),
  (4, 'Jane@Example.net', 'jane@example.net', 'jane@example.net', 2),
  (5, 'none@example.org', 'none@example.org', '  ', 1);
INSERT INTO mail_sender_aliases VALUES (1, 'john@example.org', 'News@example.org'),
  (2, 'jane@example.net', 'news@example.org'),
  (3, 'john@example.org', 'john@example.org');
"""

PROJECT = Project(
    "froxlor",
    _TABLES,
    (
        "example.org",
        "EXAMPLE.NET",
        "www.example.org",
        "john@example.org",
        "JOHN@Example.org",
        "jane@example.net",
        "info@example.org",
        "none@example.org",
        "news@example.org",
        "@example.org",
        "nobody@example.net",
    ),
    (
        FieldMap(
            "virtual_mailbox_domains",
            "domains",
            "SELECT domain FROM panel_domains WHERE domain = '%s' AND"
            " isemaildomain = '1'",
        ),
        FieldMap(
            "virtual_mailbox_maps",
            "mailboxes",
            "SELECT CONCAT(homedir,maildir) FROM mail_users WHERE email = '%s'",
        ),
        FieldMap(
            "virtual_alias_maps",
            "aliases",
            "SELECT v.destination FROM mail_virtual AS v, panel_customers AS c"
            " WHERE v.email = '%s' AND v.customerid = c.customerid AND"
            " c.deactivated = 0 AND TRIM(v.destination) <> ''",
        ),
        FieldMap(
            "smtpd_sender_login_maps",
            "sender_permissions",
            "SELECT DISTINCT username FROM mail_users WHERE email IN"
            " (SELECT email_full FROM mail_virtual WHERE email = '%s' UNION"
            " SELECT email FROM mail_sender_aliases WHERE allowed_sender = '%s')",
            reason="UNION inside of parentheses",
            mirror_query="SELECT v.email, u.username FROM mail_virtual v"
            " JOIN mail_users u ON u.email = v.email_full UNION"
            " SELECT s.allowed_sender, u.username FROM mail_sender_aliases s"
            " JOIN mail_users u ON u.email = s.email",
        ),
        FieldMap(
            "virtual_uid_maps", "uid", "SELECT uid FROM mail_users WHERE email = '%s'"
        ),
        FieldMap(
            "virtual_gid_maps", "gid", "SELECT gid FROM mail_users WHERE email = '%s'"
        ),
    ),
)
