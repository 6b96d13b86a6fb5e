#include "schema/config/cf_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "schema/config/cf_value.h"

namespace postmirror {
namespace {

// No configuration is this large; it bounds what a wrong path can make us read.
constexpr size_t kMaxFileBytes = 1 << 20;

// Joins physical lines to logical ones as main.cf does, and those to entries.
class LineReader {
 public:
  explicit LineReader(CfErrors* errors) : errors_(errors) {}

  void Read(absl::string_view text) {
    int number = 0;
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      ReadLine(line, ++number);
    }
    EndEntry();
  }

  std::vector<CfEntry>& entries() { return entries_; }

 private:
  enum class State { kNothing, kEntry, kStray };

  void ReadLine(absl::string_view line, int number) {
    const absl::string_view content = absl::StripAsciiWhitespace(line);
    // Such a line neither is an entry nor ends one.
    if (content.empty() || content[0] == '#') return;
    if (absl::StrContains(line, '\0')) {
      errors_->Add(
          number,
          "holds a NUL byte, which ends the text for Postfix, remove it");
      return;
    }
    if (!absl::ascii_isspace(static_cast<unsigned char>(line[0]))) {
      EndEntry();
      state_ = State::kEntry;
      text_ = std::string(line);
      start_ = number;
      continued_.clear();
      return;
    }
    if (state_ == State::kEntry) {
      continued_.push_back({text_.size(), number});
      absl::StrAppend(&text_, line);
    } else if (state_ == State::kNothing) {
      // Postfix warns and goes on without the text; a start is the time to say
      // so once and for all.
      state_ = State::kStray;
      errors_->Add(
          number,
          "starts with white space, so it continues an entry, but there is "
          "none above, remove the white space");
    }
  }

  void EndEntry() {
    if (std::exchange(state_, State::kNothing) != State::kEntry) return;
    const absl::string_view text = text_;
    const size_t name_end = text.find_first_of(" \t\r\v\f=");
    const absl::string_view name = text.substr(0, name_end);
    const absl::string_view rest = absl::StripLeadingAsciiWhitespace(
        name_end == text.npos ? absl::string_view() : text.substr(name_end));
    if (!absl::StartsWith(rest, "=")) {
      errors_->Add(
          start_,
          "is no \"name = value\": the = after the name is missing, add it");
    } else if (name.empty()) {
      errors_->Add(
          start_,
          "is no \"name = value\": the name before the = is missing, add it");
    } else {
      const absl::string_view value =
          absl::StripAsciiWhitespace(rest.substr(1));
      entries_.push_back(
          {std::string(name), std::string(value), start_, StartsIn(value)});
    }
  }

  // The starts of the lines in `value`, which is the end of text_.
  std::vector<CfEntry::Start> StartsIn(absl::string_view value) const {
    const size_t before = static_cast<size_t>(value.data() - text_.data());
    std::vector<CfEntry::Start> starts;
    for (const CfEntry::Start& start : continued_) {
      // The white space before the value is left out.
      const size_t offset = std::max(start.offset, before) - before;
      if (!starts.empty() && starts.back().offset == offset) starts.pop_back();
      if (offset < value.size()) starts.push_back({offset, start.line});
    }
    return starts;
  }

  CfErrors* const errors_;
  State state_ = State::kNothing;
  std::string text_;
  int start_ = 0;
  std::vector<CfEntry::Start> continued_;  // offsets in text_
  std::vector<CfEntry> entries_;
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status ReadError(absl::string_view path, int error) {
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot be read"));
}

}  // namespace

std::vector<CfEntry::Piece> CfEntry::Pieces() const {
  std::vector<Piece> pieces;
  size_t begin = 0;
  int at = line;
  for (const Start& start : continued) {
    pieces.push_back(
        {absl::string_view(value).substr(begin, start.offset - begin), at});
    begin = start.offset;
    at = start.line;
  }
  pieces.push_back({absl::string_view(value).substr(begin), at});
  return pieces;
}

std::vector<CfElement> ListElements(const CfEntry& entry) {
  std::vector<CfElement> elements;
  for (const CfEntry::Piece& piece : entry.Pieces()) {
    for (std::string& text : SplitList(piece.text)) {
      elements.push_back({std::move(text), piece.line});
    }
  }
  return elements;
}

CfFile::CfFile(absl::string_view path, std::vector<CfEntry> entries)
    : path_(path), entries_(std::move(entries)) {}

CfFile CfFile::Scan(absl::string_view path, absl::string_view text,
                    CfErrors* errors) {
  LineReader reader(errors);
  reader.Read(text);
  return CfFile(path, std::move(reader.entries()));
}

absl::StatusOr<CfFile> CfFile::Parse(absl::string_view path,
                                     absl::string_view text) {
  CfErrors errors(path);
  CfFile file = Scan(path, text, &errors);
  if (!errors.empty()) return errors.ToStatus();
  return file;
}

absl::StatusOr<CfFile> CfFile::Read(absl::string_view path) {
  const absl::StatusOr<std::string> text = ReadCfText(path);
  if (!text.ok()) return text.status();
  return Parse(path, *text);
}

const CfEntry* CfFile::Find(absl::string_view name) const {
  const auto entry = std::find_if(
      entries_.rbegin(), entries_.rend(),
      [name](const CfEntry& candidate) { return candidate.name == name; });
  return entry == entries_.rend() ? nullptr : &*entry;
}

absl::StatusOr<std::string> ReadCfText(absl::string_view path) {
  // O_NONBLOCK: a FIFO by that name must not stop the start for ever.
  const Descriptor fd(
      open(std::string(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return ReadError(path, errno);
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return ReadError(path, errno);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": cannot be read: not a regular file"));
  }
  std::string text;
  char buffer[16384];
  while (text.size() <= kMaxFileBytes) {
    const ssize_t count = read(fd.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return ReadError(path, errno);
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": is larger than 1 MiB, so it is no configuration file"));
}

}  // namespace postmirror
