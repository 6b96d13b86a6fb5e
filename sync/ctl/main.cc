// postmirrorctl: the administrator's tool.
#include <sysexits.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "schema/config/config.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/command_line.h"
#include "schema/runtime/exit_code.h"
#include "schema/runtime/logger.h"
#include "schema/runtime/standard_streams.h"
#include "sync/ctl/commands.h"
#include "sync/ctl/status_report.h"
#include "sync/mirror_plan.h"

namespace postmirror {
namespace {

constexpr char kUsage[] =
    "usage: postmirrorctl [--config FILE] COMMAND\n"
    "       postmirrorctl [--config FILE] --check | --help | --version\n\n"
    "  status [--json]                 how the mirror is; exits with 0 OK, 1\n"
    "                                  warning, 2 critical, 3 unknown\n"
    "  lookup [--exact] PARAMETER KEY  as postmap -q: the value and 0, 1 not\n"
    "                                  found, 75 temporary; --exact: without "
    "the\n"
    "                                  address search\n"
    "  accept MAP | accept --all       lets a held map follow the database\n\n"
    "  --config FILE  the configuration (/etc/postmirror/postmirror.cf)\n"
    "  --check        say what is wrong with it and with the map files, and\n"
    "                 exit\n"
    "  --help         this text\n"
    "  --version      the version\n";

bool Has(const CommandLine& line, absl::string_view flag) {
  return std::find(line.flags.begin(), line.flags.end(), flag) !=
         line.flags.end();
}

int Usage(Logger& logger, absl::string_view what) {
  logger.Error(absl::StrCat(what, ", see --help"));
  return EX_USAGE;
}

int Check(const CommandLine& line, const Config& config, Logger& logger) {
  const absl::StatusOr<MirrorPlan> plan = PlanMirror(config);
  if (!plan.ok()) {
    logger.ErrorLines(plan.status().message());
    return EX_CONFIG;
  }
  for (const std::string& warning : plan->warnings) logger.Warning(warning);
  PrintLine(absl::StrCat(line.config, ": ok"));
  return EX_OK;
}

int RunCommand(const CommandLine& line, const Config& config, Logger& logger) {
  const SystemClock clock;
  const std::vector<std::string>& words = line.arguments;
  if (words[0] == "status" && words.size() == 1) {
    return ShowStatus(config, Has(line, "json"), clock);
  }
  if (words[0] == "lookup" && words.size() == 3) {
    return LookUp(config, words[1], words[2], Has(line, "exact"), logger);
  }
  if (words[0] == "accept" && words.size() == (Has(line, "all") ? 1 : 2)) {
    if (Has(line, "all")) return Accept(config, std::nullopt, clock, logger);
    // An unset variable of a script.
    if (words[1].empty()) return Usage(logger, "accept: MAP is empty");
    return Accept(config, words[1], clock, logger);
  }
  return Usage(logger, absl::StrCat("no such command: ", words[0]));
}

// Whether a monitoring system may be asking, which reads other exit codes than
// those of `status` as a mail server's failure.
bool Monitors(const CommandLine& line) {
  return !line.arguments.empty() && line.arguments[0] == "status";
}

int Run(const CommandLine& line, Logger& logger) {
  if (line.help) {
    std::fputs(kUsage, stdout);
    return EX_OK;
  }
  if (line.version) {
    std::puts("postmirrorctl " POSTMIRROR_VERSION);
    return EX_OK;
  }
  if (line.arguments.empty() && !line.check) return Usage(logger, "no command");
  const absl::StatusOr<Config> config = ReadConfig(line.config);
  const absl::Status usable =
      config.ok() ? CheckServes(*config) : config.status();
  if (!usable.ok()) {
    if (Monitors(line)) return ShowUnknown(usable, Has(line, "json"));
    logger.ErrorLines(usable.message());
    return EX_CONFIG;
  }
  if (line.check) return Check(line, *config, logger);
  return RunCommand(line, *config, logger);
}

int Main(int argc, char** argv) {
  HoldStandardStreams();
  StderrLogger logger("postmirrorctl");
  const absl::StatusOr<CommandLine> line =
      ParseCommandLine(argc, argv, {"json", "exact", "all"});
  if (!line.ok()) {
    logger.Error(line.status().message());
    return ExitCode(line.status());
  }
  const int code = Run(*line, logger);
  const absl::Status printed = FlushStandardOutput();
  if (printed.ok()) return code;
  logger.Error(printed.message());
  return Monitors(*line) ? static_cast<int>(Health::kUnknown)
                         : ExitCode(printed);
}

}  // namespace
}  // namespace postmirror

int main(int argc, char** argv) { return postmirror::Main(argc, argv); }
