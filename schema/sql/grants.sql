-- The account of postmirror-sync, with no more than it reads: the mirrored
-- columns, the primary keys, and the columns of the WHERE clauses. It cannot
-- read a password. Run it with the mail database selected, after tables.sql:
--   mariadb mailserver < grants.sql
-- For `change_source = binlog` it needs more, with which it can read every
-- change of every database, passwords included: grants-binlog.sql.
-- Then give the account the password of the map files; until then nobody can
-- log on. This file does not do it:
--   SET PASSWORD FOR 'postmirror'@'127.0.0.1' = PASSWORD('...');
--   SET PASSWORD FOR 'postmirror'@'localhost' = PASSWORD('...');
-- The account may log on from these hosts only. If the mail server is another
-- machine, put its address in place of 127.0.0.1, here and in
-- grants-binlog.sql.

CREATE USER IF NOT EXISTS
  'postmirror'@'127.0.0.1' IDENTIFIED VIA mysql_native_password USING 'invalid',
  'postmirror'@'localhost' IDENTIFIED VIA mysql_native_password USING 'invalid';

GRANT SELECT (id, name) ON virtual_domains
  TO 'postmirror'@'127.0.0.1', 'postmirror'@'localhost';

GRANT SELECT (id, email) ON virtual_mailboxes
  TO 'postmirror'@'127.0.0.1', 'postmirror'@'localhost';

GRANT SELECT (id, source, destination) ON virtual_aliases
  TO 'postmirror'@'127.0.0.1', 'postmirror'@'localhost';
