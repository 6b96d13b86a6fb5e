-- The account of postmirror-sync, with no more than it reads: the mirrored
-- columns, the primary keys, and the columns of the WHERE clauses. It cannot
-- read a password. Run it with the mail database selected, after tables.sql:
--   mariadb mailserver < grants.sql
-- For `change_source = binlog` it needs more, with which it can read every
-- change of every database, passwords included: grants-binlog.sql.
-- A MariaDB of the mail server itself is read over its unix socket, by the account of
-- postmirror-sync's system user, which needs no password: hosts =
-- unix:/run/mysqld/mysqld.sock, user = _postmirror-sync.
-- One on another machine is read over TCP with TLS (tls_CAfile), by an account with a
-- password. Put the mail server's address in place of 127.0.0.1, here and in
-- grants-binlog.sql, and give it the password of the map files; until then nobody can
-- log on by it. This file does not do it:
--   SET PASSWORD FOR 'postmirror'@'127.0.0.1' = PASSWORD('...');

CREATE USER IF NOT EXISTS
  '_postmirror-sync'@'localhost' IDENTIFIED VIA unix_socket,
  'postmirror'@'127.0.0.1' IDENTIFIED VIA mysql_native_password USING 'invalid',
  'postmirror'@'localhost' IDENTIFIED VIA mysql_native_password USING 'invalid';

GRANT SELECT (id, name) ON virtual_domains
  TO '_postmirror-sync'@'localhost',
     'postmirror'@'127.0.0.1', 'postmirror'@'localhost';

GRANT SELECT (id, email) ON virtual_mailboxes
  TO '_postmirror-sync'@'localhost',
     'postmirror'@'127.0.0.1', 'postmirror'@'localhost';

GRANT SELECT (id, source, destination) ON virtual_aliases
  TO '_postmirror-sync'@'localhost',
     'postmirror'@'127.0.0.1', 'postmirror'@'localhost';
