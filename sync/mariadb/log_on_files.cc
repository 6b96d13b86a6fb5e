#include "sync/mariadb/log_on_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
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

constexpr size_t kMaxFileBytes = size_t{1} << 20;
// The library follows each inclusion anew, so that files which include each
// other twice would keep it busy for ever.
constexpr int kMaxInclusions = 100;

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

// The first bytes of it: what PEM texts are looked at for stands there.
absl::StatusOr<std::string> ReadText(absl::string_view setting,
                                     const std::string& path) {
  const FileDescriptor file(
      open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat facts = {};
  if (file.open() && fstat(file.get(), &facts) == 0 &&
      !S_ISREG(facts.st_mode)) {
    return NotRegular(setting, path);
  }
  std::string text(kMaxFileBytes + 1, '\0');
  const ssize_t size =
      file.open() ? read(file.get(), text.data(), text.size()) : -1;
  if (size < 0) {
    return Fault(setting, path,
                 absl::StrCat(ErrnoText(errno),
                              ": correct the map file, or put it there so that "
                              "postmirror-sync may read it"));
  }
  text.resize(static_cast<size_t>(size));
  text.shrink_to_fit();
  return text;
}

// An option file, all of it.
absl::StatusOr<std::string> ReadOptions(absl::string_view setting,
                                        const std::string& path) {
  absl::StatusOr<std::string> text = ReadText(setting, path);
  if (!text.ok() || text->size() <= kMaxFileBytes) return text;
  return Fault(setting, path, "is over 1 MiB: name a shorter file");
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

// `left`: how many may still be included.
absl::Status CheckIncluded(const std::string& text, int* left) {
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line);
    std::vector<std::string> paths;
    if (absl::ConsumePrefix(&line, "!includedir ")) {
      paths = OptionFilesIn(std::string(line));
    } else if (absl::ConsumePrefix(&line, "!include ")) {
      paths = {std::string(line)};
    }
    for (const std::string& path : paths) {
      absl::Status right = CheckIsRegular(kIncluded, path);
      if (right.ok() && --*left < 0) {
        right = Fault(kIncluded, path,
                      "more than 100 files are included, or they include each "
                      "other: take some of the lines out");
      }
      // The library passes over one that it cannot read.
      const bool can_read = right.ok() && access(path.c_str(), R_OK) == 0;
      const absl::StatusOr<std::string> included =
          can_read ? ReadOptions(kIncluded, path) : "";
      if (right.ok()) right = included.status();
      if (right.ok()) right = CheckIncluded(*included, left);
      if (!right.ok()) return right;
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
    const absl::StatusOr<std::string> text =
        is_options ? ReadOptions(file.setting, file.path)
                   : ReadText(file.setting, file.path);
    if (!text.ok()) return text.status();
    int left = kMaxInclusions;
    absl::Status right =
        is_options ? CheckIncluded(*text, &left) : absl::OkStatus();
    if (!is_options && !absl::StrContains(*text, file.label)) {
      right = Fault(file.setting, file.path,
                    "has no PEM text of that kind: name the file that has");
    }
    if (!right.ok()) return right;
  }
  return absl::OkStatus();
}

}  // namespace postmirror
