// A file in the syntax of main.cf (postconf(5)): `name = value` lines, `#`
// comments, empty lines, and continuation by leading white space (a comment or
// an empty line between does not end a logical line). Used for postmirror.cf
// and for the map files of mysql_table(5).
#ifndef POSTMIRROR_SCHEMA_CONFIG_CF_FILE_H_
#define POSTMIRROR_SCHEMA_CONFIG_CF_FILE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "schema/config/cf_errors.h"

namespace postmirror {

struct CfEntry {
  // Where a continuation line, or a value, starts in the joined value.
  struct Start {
    size_t offset = 0;
    int line = 0;

    friend bool operator==(const Start&, const Start&) = default;
  };
  // A part of the value and the line it stands in.
  struct Piece {
    absl::string_view text;
    int line = 0;
  };

  std::string name;
  std::string
      value;     // without surrounding white space; lines joined as they are
  int line = 0;  // where the entry starts, from 1
  std::vector<Start> continued = {};  // by offset; empty for one line

  // The value in the pieces that stand in one line each, in order; they refer
  // to the entry. No element of a list is in two of them.
  std::vector<Piece> Pieces() const;

  friend bool operator==(const CfEntry&, const CfEntry&) = default;
};

// An element of a list and the line it stands in.
struct CfElement {
  std::string text;
  int line = 0;
};

// The elements of the value, separated as SplitList has it.
std::vector<CfElement> ListElements(const CfEntry& entry);

class CfFile {
 public:
  // Reads and parses `path`. Fails as ReadCfText and Parse do.
  static absl::StatusOr<CfFile> Read(absl::string_view path);

  // Parses `text`; `path` is used in messages only. Fails with kInvalidArgument
  // and one line "PATH:LINE: why" for each line that is no entry; the line
  // itself is not quoted, since it may hold a password.
  static absl::StatusOr<CfFile> Parse(absl::string_view path,
                                      absl::string_view text);

  // The same, but leaves out what is no entry and adds it to `*errors`, so that
  // the caller can find what else is wrong.
  static CfFile Scan(absl::string_view path, absl::string_view text,
                     CfErrors* errors);

  const std::string& path() const { return path_; }
  const std::vector<CfEntry>& entries() const { return entries_; }

  // The last entry of that name, as Postfix takes it, or nullptr.
  const CfEntry* Find(absl::string_view name) const;

 private:
  CfFile(absl::string_view path, std::vector<CfEntry> entries);

  std::string path_;
  std::vector<CfEntry> entries_;
};

// Returns the bytes of the file `path`, at most 1 MiB. Fails with kNotFound or
// kPermissionDenied when it cannot be opened, with kInvalidArgument when it is
// larger or no file, and with another code when the disk fails.
absl::StatusOr<std::string> ReadCfText(absl::string_view path);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_CF_FILE_H_
