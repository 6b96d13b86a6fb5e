// What is wrong with a configuration file, collected so that the administrator
// sees all of it at once and not one mistake a restart. Used by the readers of
// postmirror.cf and of map files while they parse; a value of one thread.
#ifndef POSTMIRROR_SCHEMA_CONFIG_CF_ERRORS_H_
#define POSTMIRROR_SCHEMA_CONFIG_CF_ERRORS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace postmirror {

class CfErrors {
 public:
  // `path` begins every line.
  explicit CfErrors(absl::string_view path);

  // Adds one line: `message` says what is wrong, why, and what to do, without a
  // newline. `line` counts from 1.
  void Add(int line, absl::string_view message);

  bool empty() const { return errors_.empty(); }

  // The lines "PATH:LINE: message" in the order of the file.
  std::vector<std::string> Lines() const;

  // OK if nothing was added, else kInvalidArgument with all lines.
  absl::Status ToStatus() const;

 private:
  std::string path_;
  std::vector<std::pair<int, std::string>> errors_;
};

// `text` as it may stand in a message: in double quotes, at most 100 bytes of
// it, with unprintable bytes escaped, so that a message stays one short line.
std::string Quoted(absl::string_view text);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_CF_ERRORS_H_
