-- What the change signal of the binlog needs on top of grants.sql. MariaDB
-- grants it for the whole server only: whoever holds the first can read every
-- change of every database in the binlog.

GRANT REPLICATION SLAVE ON *.*
  TO '_postmirror-sync'@'localhost',
     'postmirror'@'127.0.0.1', 'postmirror'@'localhost';

-- With this one postmirror-sync sees which databases the binlog does not have
-- (binlog_do_db, binlog_ignore_db). Before MariaDB 10.5 it is called
-- REPLICATION CLIENT.

GRANT BINLOG MONITOR ON *.*
  TO '_postmirror-sync'@'localhost',
     'postmirror'@'127.0.0.1', 'postmirror'@'localhost';
