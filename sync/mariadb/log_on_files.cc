#include "sync/mariadb/log_on_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "schema/runtime/errno_status.h"
#include "schema/runtime/file_descriptor.h"

namespace postmirror {
namespace {

// Longer ones are read so far: what is looked for stands before.
constexpr size_t kMaxFileBytes = size_t{1} << 20;

constexpr absl::string_view kIncluded = "option_file: !include";

struct LogOnFile {
  const char* setting;
  const std::string& path;
  // With what the first line of a PEM text ends; empty for other texts.
  absl::string_view label = "";
};

std::vector<LogOnFile> FilesOf(const LogOn& log_on) {
  return {{"option_file", log_on.option_file},
          {"tls_CAfile", log_on.tls_CAfile, "CERTIFICATE-----"},
          {"tls_cert_file", log_on.tls_cert_file, "CERTIFICATE-----"},
          {"tls_key_file", log_on.tls_key_file, "PRIVATE KEY-----"}};
}

absl::Status Fault(absl::string_view setting, absl::string_view path,
                   absl::string_view why) {
  return absl::FailedPreconditionError(
      absl::StrCat(setting, " ", path, ": ", why));
}

absl::Status NotRegular(absl::string_view setting, absl::string_view path) {
  return Fault(setting, path,
               "is no regular file, and might never end: name one that is");
}

absl::StatusOr<std::string> ReadText(absl::string_view setting,
                                     const std::string& path) {
  const FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts = {};
  if (file.open() && fstat(file.get(), &facts) == 0 &&
      !S_ISREG(facts.st_mode)) {
    return NotRegular(setting, path);
  }
  std::string text(kMaxFileBytes, '\0');
  const ssize_t size =
      file.open() ? read(file.get(), text.data(), text.size()) : -1;
  if (size < 0) {
    return Fault(setting, path,
                 absl::StrCat(ErrnoText(errno),
                              ": correct the map file, or put it there so that "
                              "postmirror-sync may read it"));
  }
  text.resize(static_cast<size_t>(size));
  return text;
}

// What `!includedir` names.
std::vector<std::string> OptionFilesIn(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end;
       !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() == ".cnf") {
      paths.push_back(entry->path().string());
    }
  }
  return paths;
}

// The library passes over an included file that it cannot read.
absl::Status CheckIncluded(const std::string& text,
                           std::set<std::string>* seen) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    std::vector<std::string> paths;
    if (absl::ConsumePrefix(&line, "!includedir ")) {
      paths = OptionFilesIn(std::string(line));
    } else if (absl::ConsumePrefix(&line, "!include ")) {
      paths = {std::string(line)};
    }
    for (const std::string& path : paths) {
      if (absl::Status regular = CheckIsRegular(kIncluded, path);
          !regular.ok()) {
        return regular;
      }
      if (!seen->insert(path).second) continue;
      const absl::StatusOr<std::string> included = ReadText(kIncluded, path);
      if (!included.ok()) continue;
      if (absl::Status further = CheckIncluded(*included, seen);
          !further.ok()) {
        return further;
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckIsRegular(absl::string_view setting,
                            const std::string& path) {
  struct stat facts = {};
  const bool is_there = stat(path.c_str(), &facts) == 0;
  return is_there && !S_ISREG(facts.st_mode) ? NotRegular(setting, path)
                                             : absl::OkStatus();
}

absl::Status CheckAreRegular(const LogOn& log_on) {
  absl::Status all;
  for (const LogOnFile& file : FilesOf(log_on)) {
    all.Update(CheckIsRegular(file.setting, file.path));
  }
  return all;
}

absl::Status CheckLogOnFiles(const LogOn& log_on, bool with_tls) {
  for (const LogOnFile& file : FilesOf(log_on)) {
    const bool is_options = file.label.empty();
    if (file.path.empty() || !(is_options || with_tls)) continue;
    const absl::StatusOr<std::string> text = ReadText(file.setting, file.path);
    if (!text.ok()) return text.status();
    std::set<std::string> seen;
    absl::Status right =
        is_options ? CheckIncluded(*text, &seen) : absl::OkStatus();
    if (!is_options && !absl::StrContains(*text, file.label)) {
      right = Fault(file.setting, file.path,
                    "has no PEM text of that kind: name the file that has");
    }
    if (!right.ok()) return right;
  }
  return absl::OkStatus();
}

}  // namespace postmirror
