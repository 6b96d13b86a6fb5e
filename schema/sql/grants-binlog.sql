-- What the change signal of the binlog needs on top of grants.sql. MariaDB
-- grants it for the whole server only: whoever holds it can read every change of
-- every database in the binlog.

GRANT REPLICATION SLAVE ON *.*
  TO 'postmirror'@'127.0.0.1', 'postmirror'@'localhost';
