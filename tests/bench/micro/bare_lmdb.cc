#include "tests/bench/micro/bare_lmdb.h"

#include <lmdb.h>

namespace postmirror {

std::unique_ptr<BareLmdb> BareLmdb::Open(const std::string& folder,
                                         const std::string& sub_database) {
  std::unique_ptr<BareLmdb> made(new BareLmdb);
  constexpr unsigned kFlags = MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS;
  if (mdb_env_create(&made->environment_) != MDB_SUCCESS ||
      mdb_env_set_maxdbs(made->environment_, 16) != MDB_SUCCESS ||
      mdb_env_open(made->environment_, folder.c_str(), kFlags, 0) !=
          MDB_SUCCESS ||
      mdb_txn_begin(made->environment_, nullptr, MDB_RDONLY,
                    &made->transaction_) != MDB_SUCCESS ||
      mdb_dbi_open(made->transaction_, sub_database.c_str(), 0,
                   &made->handle_) != MDB_SUCCESS) {
    return nullptr;
  }
  return made;
}

BareLmdb::~BareLmdb() {
  if (transaction_ != nullptr) mdb_txn_abort(transaction_);
  if (environment_ != nullptr) mdb_env_close(environment_);
}

std::optional<absl::string_view> BareLmdb::Get(absl::string_view key) const {
  MDB_val wanted = {key.size(), const_cast<char*>(key.data())};
  MDB_val found = {0, nullptr};
  if (mdb_get(transaction_, handle_, &wanted, &found) != MDB_SUCCESS) {
    return std::nullopt;
  }
  return absl::string_view(static_cast<const char*>(found.mv_data),
                           found.mv_size);
}

}  // namespace postmirror
