// The store as its readers see it: the proxy and postmirrorctl. One StoreReader
// a process and store folder, shared by its threads; each thread looks up
// through a StoreView (store_view.h).
#ifndef POSTMIRROR_SCHEMA_STORE_STORE_READER_H_
#define POSTMIRROR_SCHEMA_STORE_STORE_READER_H_

#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postmirror {

class Environment;
class StoreView;

class StoreReader {
 public:
  // `folder` is `store` of postmirror.cf. Opens nothing yet.
  explicit StoreReader(absl::string_view folder);
  ~StoreReader();
  StoreReader(const StoreReader&) = delete;
  StoreReader& operator=(const StoreReader&) = delete;

  // Opens the store, reopens it where its file was replaced or damaged, closes
  // it where it is gone. OK when it is open (whether a map is filled, a view
  // tells); else the reason, for the log. To be called at start and about once
  // a second. Safe beside views in other threads, not beside itself, nor
  // between Begin and End of a view of the same thread.
  absl::Status Refresh();

  // Which data.mdb is open (Environment::DataFile), or "". For the thread that
  // refreshes.
  std::string DataFile() const;

 private:
  friend class StoreView;

  void Close();

  const std::string folder_;
  // Held shared while a view is between Begin and End, exclusively while the
  // environment is replaced: LMDB must not be closed under a transaction.
  std::shared_mutex mutex_;
  std::unique_ptr<Environment> environment_;
  std::vector<StoreView*> views_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_STORE_READER_H_
