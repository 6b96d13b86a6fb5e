// Notices that a reader of the store stays at a former commit: no space that
// was freed since is used again, and the store grows without end.
#ifndef POSTMIRROR_SYNC_READER_WATCH_H_
#define POSTMIRROR_SYNC_READER_WATCH_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "schema/store/reader_table.h"

namespace postmirror {

// Used by one thread.
class ReaderWatch {
 public:
  // A lookup takes no time, and a reader that waits reads nothing.
  static constexpr absl::Duration kPatience = absl::Seconds(30);

  // `store` is the environment's folder. `post` is called with what is wrong,
  // and with "" when that is over; `logger` must outlive the watch.
  ReaderWatch(std::string store, std::function<void(const std::string&)> post,
              Logger* logger);

  // `late` are the readers at a commit that is not the last, now.
  void Look(const std::vector<ReaderSlot>& late, const Moment& now);

 private:
  struct Late {
    ReaderSlot slot;
    Moment since;
  };

  std::string Fault(const Late& late) const;

  const std::string store_;
  const std::function<void(const std::string&)> post_;
  Logger& logger_;
  std::vector<Late> late_;
  std::optional<ReaderSlot> told_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_READER_WATCH_H_
