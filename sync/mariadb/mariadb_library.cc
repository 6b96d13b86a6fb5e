#include "sync/mariadb/mariadb_library.h"

#include <mysql.h>

#include <csignal>

namespace postmirror {

MariadbLibrary::MariadbLibrary() {
  std::signal(SIGPIPE, SIG_IGN);
  mysql_library_init(0, nullptr, nullptr);
}

MariadbLibrary::~MariadbLibrary() { mysql_library_end(); }

}  // namespace postmirror
