// The service manager that started the process, as sd_notify(3) and
// sd_listen_fds(3) have it: it is told how the service is, and keeps sockets
// while no process of the service runs. Without one nothing here does anything.
//
//   Supervisor supervisor;
//   std::vector<PassedDescriptor> sockets = supervisor.TakeDescriptors();
//   supervisor.Ready("answering");
//   ...                              // supervisor.Alive() every while
//   supervisor.Stopping();
//   supervisor.Keep({.number = fd, .name = "connections"});
#ifndef POSTMIRROR_SCHEMA_RUNTIME_SUPERVISOR_H_
#define POSTMIRROR_SCHEMA_RUNTIME_SUPERVISOR_H_

#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postmirror {

// A descriptor and the name under which the manager keeps it: ASCII without
// colons, and short, since all names share one environment variable. Owns
// nothing.
struct PassedDescriptor {
  int number = -1;
  std::string name;
};

// Any thread may call, but for TakeDescriptors.
class Supervisor {
 public:
  // Returns the descriptors that came with the process, the sockets of its
  // .socket unit among them; they are closed on exec(2). The caller owns them.
  // To be called once.
  std::vector<PassedDescriptor> TakeDescriptors();

  // The service is up, for the first time or after a reload; `status` as for
  // Status().
  void Ready(absl::string_view status);
  void Reloading();
  void Stopping();

  // One line that `systemctl status` shows. The same one again costs nothing.
  void Status(absl::string_view status);

  // How often Alive() is due, or zero where nobody waits for it: half of what
  // the manager allows.
  absl::Duration alive_interval() const;

  // The service does what it is for; said where somebody waits for it.
  void Alive();

  // Hands a descriptor over for the next process of the service, as far as the
  // unit's FileDescriptorStoreMax= allows. Returns when the manager has it: the
  // caller may close it and end. It is dropped if no process follows.
  void Keep(const PassedDescriptor& descriptor);

  // Lets the manager close what it keeps under the name: each further process
  // would get it, too.
  void Drop(absl::string_view name);

 private:
  void Send(const std::string& message);

  std::mutex mutex_;
  std::string status_;  // guarded by mutex_
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_SUPERVISOR_H_
