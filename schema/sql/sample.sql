-- A small sample for the tables of tables.sql. The passwords are dummies: no
-- scheme of Dovecot's accepts them.

INSERT INTO virtual_domains (id, name) VALUES
  (1, 'example.org'),
  (2, 'example.net');

INSERT INTO virtual_mailboxes (id, domain_id, email, password, quota) VALUES
  (1, 1, 'john@example.org', '{NOLOGIN}dummy', 0),
  (2, 1, 'jane@example.org', '{NOLOGIN}dummy', 1000000000),
  (3, 1, 'kerstin@example.org', '{NOLOGIN}dummy', 0),
  (4, 2, 'office@example.net', '{NOLOGIN}dummy', 0);

-- An alias to one mailbox, one to several (a row each), a chain, a list in one
-- value, an address elsewhere, and a catch-all.
INSERT INTO virtual_aliases (id, domain_id, source, destination) VALUES
  (1, 1, 'postmaster@example.org', 'john@example.org'),
  (2, 1, 'info@example.org', 'john@example.org'),
  (3, 1, 'info@example.org', 'jane@example.org'),
  (4, 1, 'info@example.org', 'kerstin@example.org'),
  (5, 1, 'contact@example.org', 'info@example.org'),
  (6, 1, 'sales@example.org', 'jane@example.org, office@example.net'),
  (7, 1, 'press@example.org', 'news@example.com'),
  (8, 2, 'office@example.net', 'office@example.net'),
  (9, 2, '@example.net', 'office@example.net');
