#include "schema/runtime/supervisor.h"

#include <systemd/sd-daemon.h>
#include <time.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "schema/runtime/printable.h"

namespace postmirror {
namespace {

constexpr absl::Duration kBarrierTimeout = absl::Seconds(10);

// A message is lines of VARIABLE=value.
std::string StatusLine(absl::string_view status) {
  return absl::StrCat(
      "STATUS=", Printable(absl::StrReplaceAll(status, {{"\n", "; "}})), "\n");
}

}  // namespace

void Supervisor::Send(const std::string& message) {
  // The environment stays, for the next message.
  sd_notify(0, message.c_str());
}

std::vector<PassedDescriptor> Supervisor::TakeDescriptors() {
  char** names = nullptr;
  const int count = sd_listen_fds_with_names(1, &names);
  std::vector<PassedDescriptor> descriptors;
  for (int i = 0; i < count; ++i) {
    descriptors.push_back(
        {.number = SD_LISTEN_FDS_START + i, .name = names[i]});
    std::free(names[i]);
  }
  std::free(names);
  return descriptors;
}

void Supervisor::Ready(absl::string_view status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  status_ = std::string(status);
  Send(absl::StrCat("READY=1\n", StatusLine(status)));
}

void Supervisor::Reloading() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  // sd_notify(3): Type=notify-reload compares it with the reload's start.
  Send(absl::StrCat("RELOADING=1\nMONOTONIC_USEC=",
                    int64_t{now.tv_sec} * 1000000 + now.tv_nsec / 1000, "\n"));
}

void Supervisor::Stopping() { Send("STOPPING=1\n"); }

void Supervisor::Status(absl::string_view status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (absl::string_view(status_) == status) return;
  status_ = std::string(status);
  Send(StatusLine(status));
}

absl::Duration Supervisor::alive_interval() const {
  uint64_t microseconds = 0;
  if (sd_watchdog_enabled(0, &microseconds) <= 0) return absl::ZeroDuration();
  return absl::Microseconds(static_cast<int64_t>(microseconds / 2));
}

void Supervisor::Alive() {
  if (alive_interval() > absl::ZeroDuration()) Send("WATCHDOG=1\n");
}

void Supervisor::Keep(const PassedDescriptor& descriptor) {
  // FDPOLL=0: a queue whose sender has closed is no dead connection.
  sd_pid_notify_with_fds(
      0, 0,
      absl::StrCat("FDSTORE=1\nFDNAME=", descriptor.name, "\nFDPOLL=0\n")
          .c_str(),
      &descriptor.number, 1);
  sd_notify_barrier(
      0, static_cast<uint64_t>(absl::ToInt64Microseconds(kBarrierTimeout)));
}

void Supervisor::Drop(absl::string_view name) {
  Send(absl::StrCat("FDSTOREREMOVE=1\nFDNAME=", name, "\n"));
}

}  // namespace postmirror
