// MariaDB Connector/C itself, for as long as a program uses it. main() holds
// one before the first thread starts and until the last one has ended. The
// connector keeps nothing per thread, so that threads need no call of their
// own.
#ifndef POSTMIRROR_SYNC_MARIADB_MARIADB_LIBRARY_H_
#define POSTMIRROR_SYNC_MARIADB_MARIADB_LIBRARY_H_

namespace postmirror {

class MariadbLibrary {
 public:
  // Also ignores SIGPIPE in the whole process: writing to a server that went
  // away is an error to report, not our end.
  // REQUIRES: no other thread runs yet, and no other MariadbLibrary lives.
  MariadbLibrary();
  ~MariadbLibrary();

  MariadbLibrary(const MariadbLibrary&) = delete;
  MariadbLibrary& operator=(const MariadbLibrary&) = delete;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_MARIADB_MARIADB_LIBRARY_H_
