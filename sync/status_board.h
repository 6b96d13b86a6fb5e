// Where the loops of sync post their status, and what writes it to the file: at
// most once a second, at once when more than freshness changed.
#ifndef POSTMIRROR_SYNC_STATUS_BOARD_H_
#define POSTMIRROR_SYNC_STATUS_BOARD_H_

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "sync/sync_status.h"

namespace postmirror {

// Any thread may call.
class StatusBoard {
 public:
  // `folder` is the status folder. Begins with what an earlier sync left there,
  // so that freshness goes on aging across a restart. `on_change` is called
  // where more than freshness changed, from the thread that posts; it must not
  // post.
  StatusBoard(absl::string_view folder, size_t servers, const Clock* clock,
              Logger* logger,
              std::function<void(const SyncStatus&)> on_change = {});

  // What an earlier sync left of the map; with nothing but the name if nothing.
  MapStatus Earlier(absl::string_view map) const;

  void Post(size_t server, const ServerStatus& status);

  // Why no change can be written to the store now, or "", of each cause by
  // itself.
  enum class StoreFault { kDamaged, kLocked };
  void PostStoreFault(StoreFault cause, const std::string& fault);
  // The other two of what SyncStatus says of the store.
  void PostStoreDoubt(const std::string& doubt) {
    PostText(&SyncStatus::store_doubt, doubt);
  }
  void PostDataFile(const std::string& file) {
    PostText(&SyncStatus::data_file, file);
  }

  // What was posted last.
  SyncStatus Current() const;

 private:
  void PostText(std::string SyncStatus::*member, const std::string& text);
  void PostTextLocked(std::string SyncStatus::*member, const std::string& text);
  void Write(const Moment& now);

  const std::string folder_;
  const Clock& clock_;
  Logger& logger_;
  const std::function<void(const SyncStatus&)> on_change_;
  SyncStatus earlier_;
  mutable std::mutex mutex_;
  SyncStatus status_;
  std::map<StoreFault, std::string> store_faults_;  // those that are
  std::optional<Moment> written_;
  bool unwritten_ = false;  // status_ is not what stands in the file
  bool write_failed_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_STATUS_BOARD_H_
