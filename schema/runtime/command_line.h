// The options that every program of postmirror has: --config FILE, --check,
// --help, --version. Parsed by getopt_long(3).
#ifndef POSTMIRROR_SCHEMA_RUNTIME_COMMAND_LINE_H_
#define POSTMIRROR_SCHEMA_RUNTIME_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace postmirror {

struct CommandLine {
  std::string config = "/etc/postmirror/postmirror.cf";
  bool check = false;
  bool help = false;
  bool version = false;
  std::vector<std::string> flags;      // the extra options that were given
  std::vector<std::string> arguments;  // what is not an option
};

// Parses argv. `extra_flags` are further long options without an argument, such
// as {"json", "all"}. Fails with kOutOfRange (exit 64) and a message that names
// the option.
absl::StatusOr<CommandLine> ParseCommandLine(
    int argc, char** argv,
    absl::Span<const absl::string_view> extra_flags = {});

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_COMMAND_LINE_H_
