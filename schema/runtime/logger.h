// The log of a program: changes of state, one line each, for the operator. A
// Logger is handed to whatever logs; there is no global one. Log() may be
// called from any thread.
#ifndef POSTMIRROR_SCHEMA_RUNTIME_LOGGER_H_
#define POSTMIRROR_SCHEMA_RUNTIME_LOGGER_H_

#include "absl/strings/string_view.h"

namespace postmirror {

// The values are syslog's, as sd-daemon(3) takes them.
enum class Severity { kError = 3, kWarning = 4, kNotice = 5, kInfo = 6 };

class Logger {
 public:
  virtual ~Logger() = default;

  // `message` is one line without its newline, lower case, no full stop.
  virtual void Log(Severity severity, absl::string_view message) = 0;

  void Error(absl::string_view message) { Log(Severity::kError, message); }
  void Warning(absl::string_view message) { Log(Severity::kWarning, message); }
  void Notice(absl::string_view message) { Log(Severity::kNotice, message); }
  void Info(absl::string_view message) { Log(Severity::kInfo, message); }

  // Logs each line of what is wrong with a configuration by itself.
  void ErrorLines(absl::string_view lines);
};

// Writes to standard error, each line by one write(2). Under systemd, when
// standard error is the journal, a line begins with its level as "<4>"
// (sd-daemon(3)), else with "program: warning: ". A message may quote others:
// it becomes Printable(), so that a newline in it begins no line of the log.
class StderrLogger final : public Logger {
 public:
  explicit StderrLogger(absl::string_view program);
  void Log(Severity severity, absl::string_view message) override;

 private:
  const absl::string_view program_;
  const bool to_journal_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_RUNTIME_LOGGER_H_
