#include "tests/bench/raw_stream/load.h"

#include <lmdb.h>

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

constexpr size_t kMapBytes = size_t{16} << 30;
constexpr unsigned kMostLists = 16;

struct Close {
  void operator()(MDB_env* environment) const { mdb_env_close(environment); }
};

absl::Status Failure(int code, absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", mdb_strerror(code)));
}

MDB_val Bytes(absl::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};
}

int Append(MDB_txn* transaction, const std::string& name,
           const std::vector<LoadedEntry>& entries) {
  MDB_dbi handle = 0;
  int code = mdb_dbi_open(transaction, name.c_str(), MDB_CREATE, &handle);
  for (auto each = entries.begin();
       code == MDB_SUCCESS && each != entries.end(); ++each) {
    MDB_val key = Bytes(each->first);
    MDB_val entry = Bytes(each->second);
    code = mdb_put(transaction, handle, &key, &entry, MDB_APPEND);
  }
  return code;
}

}  // namespace

absl::StatusOr<std::vector<LoadedEntry>> SplitLines(absl::string_view text) {
  std::vector<LoadedEntry> entries;
  while (!text.empty()) {
    const absl::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t tab = line.find('\t');
    if (tab == line.npos) {
      return absl::InvalidArgumentError("a line without a tab");
    }
    entries.emplace_back(line.substr(0, tab), line.substr(tab + 1));
  }
  return entries;
}

absl::StatusOr<uint64_t> LoadEntries(
    const std::string& folder,
    absl::Span<const std::vector<LoadedEntry>> lists) {
  MDB_env* made = nullptr;
  int code = mdb_env_create(&made);
  if (code != MDB_SUCCESS) return Failure(code, "create");
  const std::unique_ptr<MDB_env, Close> environment(made);
  mdb_env_set_mapsize(made, kMapBytes);
  mdb_env_set_maxdbs(made, kMostLists);
  MDB_txn* transaction = nullptr;
  // As durable as the store's commits are.
  code = mdb_env_open(made, folder.c_str(), MDB_NOMETASYNC, 0640);
  if (code == MDB_SUCCESS) code = mdb_txn_begin(made, nullptr, 0, &transaction);
  if (code != MDB_SUCCESS) return Failure(code, folder);
  uint64_t loaded = 0;
  for (const std::vector<LoadedEntry>& entries : lists) {
    code = Append(transaction, absl::StrCat("m", loaded), entries);
    if (code != MDB_SUCCESS) {
      mdb_txn_abort(transaction);
      return Failure(code, "put");
    }
    loaded += entries.size();
  }
  code = mdb_txn_commit(transaction);
  if (code != MDB_SUCCESS) return Failure(code, "commit");
  return loaded;
}

}  // namespace postmirror
