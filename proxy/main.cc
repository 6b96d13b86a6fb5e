#include <sysexits.h>

#include <cstdio>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proxy/service.h"
#include "schema/config/config.h"
#include "schema/runtime/command_line.h"
#include "schema/runtime/exit_code.h"
#include "schema/runtime/logger.h"
#include "schema/runtime/standard_streams.h"
#include "schema/runtime/supervisor.h"

namespace {

constexpr char kHelp[] =
    "Usage: postmirror-proxy [OPTION]...\n"
    "Answers Postfix's lookups (tcp_table, socketmap) from postmirror's "
    "store.\n"
    "\n"
    "  --config FILE  settings (default: /etc/postmirror/postmirror.cf)\n"
    "  --check        validate the settings and exit: 0, or 78 if something is "
    "wrong\n"
    "  --help         show this text and exit\n"
    "  --version      show the version and exit\n";

int Fail(const absl::Status& status, postmirror::Logger* logger) {
  logger->Error(status.message());
  return postmirror::ExitCode(status);
}

int Print(absl::string_view text, postmirror::Logger* logger) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  const absl::Status printed = postmirror::FlushStandardOutput();
  return printed.ok() ? EX_OK : Fail(printed, logger);
}

}  // namespace

int main(int argc, char** argv) {
  postmirror::HoldStandardStreams();
  postmirror::StderrLogger logger("postmirror-proxy");
  const absl::StatusOr<postmirror::CommandLine> line =
      postmirror::ParseCommandLine(argc, argv);
  if (!line.ok()) return Fail(line.status(), &logger);
  if (line->help) return Print(kHelp, &logger);
  if (line->version) {
    return Print("postmirror-proxy " POSTMIRROR_VERSION "\n", &logger);
  }
  if (!line->arguments.empty()) {
    return Fail(absl::OutOfRangeError("it takes no argument, and was given " +
                                      line->arguments.front() + ", see --help"),
                &logger);
  }
  const absl::StatusOr<postmirror::Config> config =
      postmirror::ReadConfig(line->config);
  if (!config.ok()) {
    logger.ErrorLines(config.status().message());
    return EX_CONFIG;
  }
  if (line->check) {
    const absl::Status serves = postmirror::CheckServes(*config);
    if (!serves.ok()) return Fail(serves, &logger);
    return Print(line->config + ": ok\n", &logger);
  }
  postmirror::Supervisor supervisor;
  const absl::Status served = postmirror::Serve(*config, &supervisor, &logger);
  return served.ok() ? EX_OK : Fail(served, &logger);
}
