// Whom an HTTP request means, by its Host header. A page on the web may have a
// browser ask us by a name that its owner lets lead here: such a name is not
// ours, and the page is not to read what we answer.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_HOST_HEADER_H_
#define POSTMIRROR_SCHEMA_RUNTIME_HOST_HEADER_H_

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace postmirror {

// What the system tells of its names.
struct MachineNames {
  // As gethostname(2): a first label or a full name.
  std::function<std::string()> name;
  // As `hostname --fqdn`; empty where the resolver knows none. May take long.
  std::function<std::string(const std::string& name)> full_name;
  std::function<absl::Time()> now;

  static MachineNames OfSystem();
};

// Used by one thread.
class OwnNames {
 public:
  // `address` is HOST:PORT, where we listen.
  explicit OwnNames(std::string address,
                    MachineNames machine = MachineNames::OfSystem());

  // Whether a Host header, with or without a port, may be ours: an IP address,
  // the host of `address`, localhost, or this machine's name, in full or its
  // first label. Asks the resolver at most once a minute, and once it knows the
  // full name never again: others are not answered meanwhile.
  bool Contains(absl::string_view header);

 private:
  const std::string& FullName(const std::string& name);

  const std::string address_;
  const MachineNames machine_;
  std::string asked_;      // whose full name `full_name_` is
  std::string full_name_;  // as the resolver knew it, or empty
  absl::Time asked_at_ = absl::InfinitePast();
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_HOST_HEADER_H_
