// A change signal: a hint that the database may have changed since the last
// read, and, if it knows, what of it. A hint is never trusted for how it
// changed: the truth is read by SELECT.
//
// Used by the loop of one server, on its thread:
//
//   signal->BeforeSnapshot();   // then the transactions are opened
//   signal->Scope();            // then the maps are read, and applied
//   signal->Poll();             // kNamed: Scope again; kChanged: from the
//   start
#ifndef POSTMIRROR_SYNC_CHANGE_SIGNAL_H_
#define POSTMIRROR_SYNC_CHANGE_SIGNAL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "sync/read_scope.h"

namespace postmirror {

enum class ChangeHint {
  kUnchanged,  // the database is as it was when the snapshot was opened
  kUnknown,    // nothing can be said
  kNamed,      // read again what Scope names
  kChanged,    // read everything again
};

class ChangeSignal {
 public:
  virtual ~ChangeSignal() = default;

  // "binlog", "lsn", "interval": for the operator.
  virtual absl::string_view name() const = 0;

  // How long to wait between polls; a signal that knows better wakes the loop.
  virtual absl::Duration poll_interval() const = 0;

  // To be called right before the transactions of a read of everything are
  // opened.
  virtual absl::Status BeforeSnapshot() { return absl::OkStatus(); }

  // What may have changed up to the moment that the open transactions show; it
  // counts as read from now on. kAborted where another moment must be read.
  virtual absl::StatusOr<ReadScope> Scope() { return ReadScope::Everything(); }

  // The tables of the last scope's `unproven` are those that were surveyed.
  virtual void MarkProven() {}

  // Asks once. Fails when the server cannot be asked, or the signal has ended.
  virtual absl::StatusOr<ChangeHint> Poll() = 0;

  // Ends a question that is under way on a connection of the signal's own. Any
  // thread may call.
  virtual void Cancel() {}
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_CHANGE_SIGNAL_H_
