// The accept requests of one server's maps, from the request file to the
// answer.
#ifndef POSTMIRROR_SYNC_ACCEPT_INBOX_H_
#define POSTMIRROR_SYNC_ACCEPT_INBOX_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "sync/accept_request.h"
#include "sync/mirror_store.h"

namespace postmirror {

class AcceptInbox {
 public:
  // `folder` is the environment's; the pointers must outlive the inbox.
  AcceptInbox(absl::string_view folder, std::vector<std::string> maps,
              MirrorStore* store, const Clock* clock, Logger* logger);

  // Takes new requests; true if there are any, so that a snapshot is due.
  bool Collect();

  // Hands what is waiting to the guard, right before a snapshot is applied.
  // Refuses requests that have expired or name another change set.
  void Submit();

  // Answers what was submitted, by what became of it. What is not answered,
  // since the snapshot could not be applied, is submitted again.
  void Answer(const std::vector<MapResult>& results);

 private:
  void Refuse(const AcceptRequest& request, absl::string_view reason);
  void Reply(const AcceptRequest& request, const AcceptAnswer& answer);

  const std::string folder_;
  const std::vector<std::string> maps_;
  MirrorStore& store_;
  const Clock& clock_;
  Logger& logger_;
  std::string
      complaint_;  // the last one, so that it is not logged at each turn
  std::vector<AcceptRequest> waiting_;
  std::vector<AcceptRequest> submitted_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_ACCEPT_INBOX_H_
