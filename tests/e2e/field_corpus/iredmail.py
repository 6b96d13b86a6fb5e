"""iRedMail: nearly every query joins the table of domains for its flags."""

from field_corpus.field_map import FieldMap, Project

_TABLES = """
CREATE TABLE domain (domain VARCHAR(255) PRIMARY KEY, transport VARCHAR(255),
  backupmx TINYINT(1), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE alias_domain (alias_domain VARCHAR(255) PRIMARY KEY,
  target_domain VARCHAR(255), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE mailbox (username VARCHAR(255) PRIMARY KEY, domain VARCHAR(255),
  storagenode VARCHAR(255), maildir VARCHAR(255), transport VARCHAR(255),
  enablesmtp TINYINT(1), enabledeliver TINYINT(1), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE TABLE forwardings (id INT AUTO_INCREMENT PRIMARY KEY, address VARCHAR(255),
  forwarding VARCHAR(255), domain VARCHAR(255), active TINYINT(1))
  CHARSET utf8mb4 COLLATE utf8mb4_general_ci;
INSERT INTO domain VALUES ('example.org', 'dovecot', 0, 1),
  ('Backup.example', 'smtp', 1, 1), ('off.example', 'dovecot', 0, 0);
INSERT INTO alias_domain VALUES ('alias.example', 'Example.org', 1),
  ('example.org', 'example.org', 1), ('idle.example', 'example.org', 0),
  ('lost.example', 'off.example', 1);
INSERT INTO mailbox VALUES
  ('John@example.org', 'example.org', '/var/vmail', 'j/john', '', 1, 1, 1),
  ('jane@example.org', 'Example.ORG', '/var/vmail', 'j/jane', '', 0, 1, 1),
  ('shut@example.org', 'example.org', '/var/vmail', 's/shut', '', 1, 0, 1),
  ('gone@example.org', 'example.org', '/var/vmail', 'g/gone', '', 1, 1, 0),
  ('user@off.example', 'off.example', '/var/vmail', 'u/user', '', 1, 1, 1);
INSERT INTO forwardings (address, forwarding, domain, active) VALUES
  ('john@example.org', 'john@example.org', 'example.org', 1),
  ('info@example.org', 'john@example.org', 'example.org', 1),
  ('INFO@example.org', 'jane@example.org', 'Example.org', 1),
  ('info@example.org', 'gone@example.org', 'example.org', 0),
  ('user@off.example', 'user@off.example', 'off.example', 1),
  ('example.org', 'jane@example.org', 'example.org', 1),
  ('Example.org', 'john@example.org', 'example.org', 1);
"""

_PARTS = "%d asks for a part of the key"

PROJECT = Project(
    "iredmail",
    _TABLES,
    (
        "example.org",
        "EXAMPLE.org",
        "backup.example",
        "off.example",
        "alias.example",
        "idle.example",
        "lost.example",
        "john@example.org",
        "JANE@example.org",
        "shut@example.org",
        "gone@example.org",
        "user@off.example",
        "Info@Example.org",
        "info@alias.example",
        "john@alias.example",
        "info@idle.example",
        "nobody@example.org",
        "nobody@alias.example",
    ),
    (
        FieldMap(
            "virtual_mailbox_domains",
            "virtual_mailbox_domains",
            "(SELECT domain FROM domain WHERE domain='%s' AND backupmx=0 AND"
            " active=1 LIMIT 1) UNION (SELECT alias_domain.alias_domain FROM"
            " alias_domain,domain WHERE alias_domain.alias_domain='%s' AND"
            " alias_domain.active=1 AND alias_domain.target_domain=domain.domain"
            " AND domain.active=1 AND domain.backupmx=0 LIMIT 1)",
        ),
        FieldMap(
            "virtual_mailbox_maps",
            "virtual_mailbox_maps",
            "SELECT CONCAT(mailbox.storagenode, '/', mailbox.maildir, '/Maildir/')"
            " FROM mailbox,domain WHERE mailbox.username='%s' AND"
            " mailbox.active=1 AND mailbox.enabledeliver=1 AND"
            " domain.domain=mailbox.domain AND domain.active=1",
        ),
        FieldMap(
            "virtual_alias_maps",
            "virtual_alias_maps",
            "SELECT forwardings.forwarding FROM forwardings,domain WHERE"
            " forwardings.address='%s' AND forwardings.domain=domain.domain AND"
            " forwardings.active=1 AND domain.backupmx=0 AND domain.active=1",
        ),
        FieldMap(
            "virtual_alias_maps",
            "domain_alias_maps",
            "SELECT forwardings.forwarding FROM forwardings,alias_domain,domain"
            " WHERE alias_domain.alias_domain='%d' AND forwardings.address="
            "CONCAT('%u', '@', alias_domain.target_domain) AND"
            " alias_domain.target_domain=domain.domain AND forwardings.active=1"
            " AND alias_domain.active=1 AND domain.backupmx=0",
            reason=_PARTS,
            mirror_query="SELECT CONCAT(SUBSTRING_INDEX(f.address, '@', 1), '@',"
            " a.alias_domain), f.forwarding FROM forwardings f JOIN alias_domain a"
            " ON a.target_domain = SUBSTRING_INDEX(f.address, '@', -1)"
            " JOIN domain d ON d.domain = a.target_domain"
            " WHERE f.address LIKE '_%@%' AND f.active=1 AND a.active=1 AND"
            " d.backupmx=0",
        ),
        FieldMap(
            "virtual_alias_maps",
            "catchall_maps",
            "SELECT forwardings.forwarding FROM forwardings,domain WHERE"
            " forwardings.address='%d' AND '%u' NOT LIKE '%%+%%' AND"
            " forwardings.address=domain.domain AND forwardings.active=1 AND"
            " domain.active=1 AND domain.backupmx=0",
            reason=_PARTS,
            mirror_query="SELECT CONCAT('@', f.address), f.forwarding"
            " FROM forwardings f JOIN domain d ON d.domain = f.address"
            " WHERE f.active=1 AND d.active=1 AND d.backupmx=0",
            served_as="virtual_alias_maps",
        ),
        FieldMap(
            "virtual_alias_maps",
            "domain_alias_catchall_maps",
            "SELECT forwardings.forwarding FROM forwardings,alias_domain,domain"
            " WHERE alias_domain.alias_domain='%d' AND '%u' NOT LIKE '%%+%%' AND"
            " forwardings.address=alias_domain.target_domain AND"
            " alias_domain.target_domain=domain.domain AND forwardings.active=1"
            " AND alias_domain.active=1",
            reason=_PARTS,
            mirror_query="SELECT CONCAT('@', a.alias_domain), f.forwarding"
            " FROM forwardings f JOIN alias_domain a ON a.target_domain = f.address"
            " JOIN domain d ON d.domain = a.target_domain"
            " WHERE f.active=1 AND a.active=1",
            served_as="virtual_alias_maps",
        ),
        FieldMap(
            "smtpd_sender_login_maps",
            "sender_login_maps",
            "SELECT mailbox.username FROM mailbox,domain WHERE"
            " mailbox.username='%s' AND mailbox.domain=domain.domain AND"
            " mailbox.enablesmtp=1 AND mailbox.active=1 AND domain.active=1",
        ),
        FieldMap(
            "relay_domains",
            "relay_domains",
            "SELECT domain FROM domain WHERE domain='%s' AND backupmx=1 AND"
            " active=1 LIMIT 1",
        ),
        FieldMap(
            "transport_maps",
            "transport_maps_user",
            "SELECT mailbox.transport FROM mailbox,domain WHERE"
            " mailbox.username='%s' AND mailbox.domain=domain.domain AND"
            " mailbox.transport<>'' LIMIT 1",
        ),
        FieldMap(
            "transport_maps",
            "transport_maps_maillist",
            "SELECT maillists.transport FROM maillists,domain WHERE"
            " maillists.address='%s' AND maillists.domain=domain.domain LIMIT 1",
        ),
        FieldMap(
            "transport_maps",
            "transport_maps_domain",
            "SELECT transport FROM domain WHERE domain='%s' AND active=1 LIMIT 1",
        ),
        FieldMap(
            "sender_dependent_relayhost_maps",
            "sender_dependent_relayhost_maps",
            "SELECT relayhost FROM sender_relayhost WHERE account='%s' LIMIT 1",
        ),
        FieldMap(
            "sender_bcc_maps",
            "sender_bcc_maps_user",
            "SELECT sender_bcc_user.bcc_address FROM sender_bcc_user,domain WHERE"
            " sender_bcc_user.username='%s' AND"
            " sender_bcc_user.domain=domain.domain",
        ),
        FieldMap(
            "sender_bcc_maps",
            "sender_bcc_maps_domain",
            "SELECT bcc_address FROM sender_bcc_domain WHERE domain='%d'",
        ),
        FieldMap(
            "recipient_bcc_maps",
            "recipient_bcc_maps_user",
            "SELECT recipient_bcc_user.bcc_address FROM recipient_bcc_user,domain"
            " WHERE recipient_bcc_user.username='%s' AND"
            " recipient_bcc_user.domain=domain.domain",
        ),
        FieldMap(
            "recipient_bcc_maps",
            "recipient_bcc_maps_domain",
            "SELECT bcc_address FROM recipient_bcc_domain WHERE domain='%d'",
        ),
    ),
)
