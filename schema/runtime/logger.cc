#include "schema/runtime/logger.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "schema/runtime/printable.h"

namespace postmirror {
namespace {

absl::string_view Label(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error: ";
    case Severity::kWarning:
      return "warning: ";
    case Severity::kNotice:
    case Severity::kInfo:
      return "";
  }
  return "";
}

}  // namespace

void Logger::ErrorLines(absl::string_view lines) {
  for (const absl::string_view line : absl::StrSplit(lines, '\n')) Error(line);
}

StderrLogger::StderrLogger(absl::string_view program)
    : program_(program),
      // systemd.exec(5): set when standard error is connected to the journal.
      to_journal_(std::getenv("JOURNAL_STREAM") != nullptr) {}

void StderrLogger::Log(Severity severity, absl::string_view message) {
  const std::string line = Printable(message);
  const std::string text =
      to_journal_
          ? absl::StrCat("<", static_cast<int>(severity), ">", line, "\n")
          : absl::StrCat(program_, ": ", Label(severity), line, "\n");
  // A log that cannot be written leaves nobody to tell.
  [[maybe_unused]] const ssize_t written =
      write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace postmirror
