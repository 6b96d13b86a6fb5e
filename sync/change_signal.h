// A change signal: a hint that the database may have changed since the last
// snapshot. A hint is never trusted for what changed: the truth is read by
// SELECT.
//
// Used by the loop of one server, on its thread:
//
//   signal->BeforeSnapshot();   // then the snapshot is read and applied
//   while (signal->Poll() is not kChanged) ...
#ifndef POSTMIRROR_SYNC_CHANGE_SIGNAL_H_
#define POSTMIRROR_SYNC_CHANGE_SIGNAL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postmirror {

enum class ChangeHint {
  kUnchanged,  // the database is as it was when the snapshot was opened
  kUnknown,    // nothing can be said
  kChanged,    // read again
};

class ChangeSignal {
 public:
  virtual ~ChangeSignal() = default;

  // "lsn", "interval": for the operator.
  virtual absl::string_view name() const = 0;

  // How long to wait between polls.
  virtual absl::Duration poll_interval() const = 0;

  // To be called right before the snapshot's transaction is opened.
  virtual absl::Status BeforeSnapshot() = 0;

  // Asks once, without waiting. Fails when the server cannot be asked.
  virtual absl::StatusOr<ChangeHint> Poll() = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CHANGE_SIGNAL_H_
