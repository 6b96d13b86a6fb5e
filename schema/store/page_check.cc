#include "schema/store/page_check.h"

#include <errno.h>
#include <lmdb.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "schema/store/environment.h"
#include "schema/store/fault_guard.h"
#include "schema/store/store_error.h"
#include "schema/store/store_scan.h"

namespace postmirror {
namespace {

struct Extent {
  size_t needed = 0;  // bytes, if no page at the end was left out
  size_t there = 0;
};

absl::StatusOr<Extent> Measure(const Environment& environment) {
  MDB_envinfo facts = {};
  MDB_stat pages = {};
  mdb_filehandle_t file = -1;
  // Asked before the file's size: sync may be growing the file meanwhile.
  if (!SurvivesFault([&] {
        mdb_env_info(environment.get(), &facts);
        mdb_env_stat(environment.get(), &pages);
        mdb_env_get_fd(environment.get(), &file);
      })) {
    return absl::DataLossError(absl::StrCat("store ", environment.folder(),
                                            ": data.mdb cannot be read"));
  }
  struct stat status;
  if (fstat(file, &status) != 0) {
    return SystemError(errno, absl::StrCat("store ", environment.folder()));
  }
  return Extent{.needed = (facts.me_last_pgno + 1) * pages.ms_psize,
                .there = static_cast<size_t>(status.st_size)};
}

// Reads every entry of a sub-database, and adds its keys to `*keys` if wanted.
absl::Status ReadAll(Environment* environment, const std::string& sub_database,
                     std::vector<std::string>* keys) {
  const absl::StatusOr<std::unique_ptr<StoreScan>> scan =
      StoreScan::Open(environment, sub_database);
  if (!scan.ok()) return scan.status();
  for (;;) {
    const absl::StatusOr<bool> more = (*scan)->Next();
    if (!more.ok()) return more.status();
    if (!*more) return absl::OkStatus();
    if (keys != nullptr) keys->emplace_back((*scan)->key());
  }
}

}  // namespace

absl::Status CheckPages(Environment* environment) {
  const absl::StatusOr<Extent> extent = Measure(*environment);
  if (!extent.ok()) return extent.status();
  if (extent->there >= extent->needed) return absl::OkStatus();
  std::vector<std::string> sub_databases;
  absl::Status read = ReadAll(environment, "", &sub_databases);
  for (size_t i = 0; read.ok() && i < sub_databases.size(); ++i) {
    read = ReadAll(environment, sub_databases[i], nullptr);
    // Dropped by sync since its name was read.
    if (absl::IsNotFound(read)) read = absl::OkStatus();
  }
  if (!absl::IsDataLoss(read)) return read;
  return absl::DataLossError(absl::StrCat(
      "store ", environment->folder(), ": data.mdb is cut off: ", extent->there,
      " bytes of ", extent->needed));
}

}  // namespace postmirror
