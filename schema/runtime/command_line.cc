#include "schema/runtime/command_line.h"

#include <getopt.h>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

enum Option : int { kConfig = 256, kCheck, kHelp, kVersion, kExtra };

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(
    int argc, char** argv, absl::Span<const absl::string_view> extra_flags) {
  std::vector<std::string> names(extra_flags.begin(), extra_flags.end());
  std::vector<option> options = {
      {"config", required_argument, nullptr, kConfig},
      {"check", no_argument, nullptr, kCheck},
      {"help", no_argument, nullptr, kHelp},
      {"version", no_argument, nullptr, kVersion}};
  for (const std::string& name : names) {
    options.push_back({name.c_str(), no_argument, nullptr, kExtra});
  }
  options.push_back({nullptr, 0, nullptr, 0});

  CommandLine line;
  optind = 0;  // getopt(3): start afresh
  opterr = 0;  // the caller reports
  int index = 0;
  for (int option;
       (option = getopt_long(argc, argv, "", options.data(), &index)) != -1;) {
    switch (option) {
      case kConfig:
        line.config = optarg;
        break;
      case kCheck:
        line.check = true;
        break;
      case kHelp:
        line.help = true;
        break;
      case kVersion:
        line.version = true;
        break;
      case kExtra:
        line.flags.emplace_back(options[static_cast<size_t>(index)].name);
        break;
      default:
        return absl::OutOfRangeError(
            absl::StrCat("option ", argv[optind - 1],
                         " is unknown or its argument is missing or not "
                         "wanted, see --help"));
    }
  }
  for (int i = optind; i < argc; ++i) line.arguments.emplace_back(argv[i]);
  return line;
}

}  // namespace postmirror
