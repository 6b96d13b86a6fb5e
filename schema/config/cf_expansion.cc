#include "schema/config/cf_expansion.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "schema/config/cf_errors.h"

namespace postmirror {
namespace {

// Names can multiply each other; a configuration never comes near these.
constexpr int kMaxNames = 1000;
constexpr size_t kMaxBytes = size_t{64} * 1024;

// mac_parse(3): letters, digits and underscores.
bool IsNameChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
}

// One `$...` of a text.
struct Reference {
  absl::string_view name;  // what stands between the braces, if there are any
  size_t size = 0;         // of the whole, `$` included
  bool closed = true;
};

// Takes apart `text`, which starts behind a `$`.
Reference ParseReference(absl::string_view text) {
  if (text.empty() || (text[0] != '{' && text[0] != '(')) {
    const auto end = std::find_if_not(text.begin(), text.end(), IsNameChar);
    const size_t size = static_cast<size_t>(end - text.begin());
    return {text.substr(0, size), size + 1};
  }
  const char open = text[0];
  const char close = open == '{' ? '}' : ')';
  int level = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == open) ++level;
    if (text[i] == close && --level == 0) return {text.substr(1, i - 1), i + 2};
  }
  return {text.substr(1), text.size() + 1, false};
}

class Expansion {
 public:
  Expansion(const CfFile& file, const CfEntry& entry)
      : file_(file), entry_(entry), open_names_({entry.name}) {}

  absl::StatusOr<CfEntry> Run() {
    CfEntry expanded = {entry_.name, "", entry_.line};
    // No name goes over a line's end, where white space stands.
    for (const CfEntry::Piece& piece : entry_.Pieces()) {
      expanded.continued.push_back({result_.size(), piece.line});
      absl::Status status = Append(piece.text);
      if (!status.ok()) return status;
    }
    expanded.value = result_;
    return expanded;
  }

 private:
  absl::Status Error(absl::string_view message) const {
    return absl::InvalidArgumentError(absl::StrCat(entry_.name, ": ", message));
  }

  absl::Status Append(absl::string_view text) {
    while (!text.empty()) {
      const size_t dollar = text.find('$');
      absl::StrAppend(&result_, text.substr(0, dollar));
      if (result_.size() > kMaxBytes) return TooLarge();
      if (dollar == text.npos) break;
      text.remove_prefix(dollar + 1);
      if (!text.empty() && text[0] == '$') {
        result_.push_back('$');
        text.remove_prefix(1);
        continue;
      }
      const Reference reference = ParseReference(text);
      absl::Status status = AppendReference(reference);
      if (!status.ok()) return status;
      text.remove_prefix(reference.size - 1);
    }
    return absl::OkStatus();
  }

  absl::Status AppendReference(const Reference& reference) {
    const absl::string_view name = reference.name;
    if (!reference.closed) {
      return Error(absl::StrCat("the name at ", Quoted(name),
                                " is not closed, add the missing bracket"));
    }
    if (name.empty()) {
      return Error(
          "a $ stands without a name behind it, write $$ for a dollar sign");
    }
    if (!std::all_of(name.begin(), name.end(), IsNameChar)) {
      return Error(absl::StrCat(
          "the conditional form ", Quoted(absl::StrCat("${", name, "}")),
          " is for Postfix alone, write the value that `postconf -x ",
          entry_.name, "` prints"));
    }
    return AppendValueOf(name);
  }

  absl::Status AppendValueOf(absl::string_view name) {
    if (++names_ > kMaxNames) return TooLarge();
    if (std::find(open_names_.begin(), open_names_.end(), name) !=
        open_names_.end()) {
      return Error(
          absl::StrCat("$", name,
                       " needs its own value, so that it has none, write the "
                       "value itself"));
    }
    const CfEntry* entry = file_.Find(name);
    if (entry != nullptr && !entry->value.empty()) {
      open_names_.emplace_back(name);
      absl::Status status = Append(entry->value);
      open_names_.pop_back();
      return status;
    }
    if (name == "mydomain") return AppendDefaultDomain();
    return Error(
        absl::StrCat("$", name,
                     " has no value in this file, and main.cf is not read, "
                     "add the line that `postconf -x ",
                     name, "` prints"));
  }

  // check_mydomainname() of mail_params(3).
  absl::Status AppendDefaultDomain() {
    const size_t start = result_.size();
    const CfEntry* host = file_.Find("myhostname");
    if (host == nullptr || host->value.empty()) {
      return Error(
          "$mydomain has no value in this file, nor has myhostname, and "
          "main.cf is "
          "not read, add the line that `postconf -x mydomain` prints");
    }
    absl::Status status = AppendValueOf("myhostname");
    if (!status.ok()) return status;
    const std::string myhostname = result_.substr(start);
    result_.resize(start);
    const size_t dot = myhostname.find('.');
    absl::StrAppend(&result_, dot == myhostname.npos
                                  ? "localdomain"
                                  : myhostname.substr(dot + 1));
    return absl::OkStatus();
  }

  absl::Status TooLarge() const {
    return Error(
        "names within names make it too large, write the value itself");
  }

  const CfFile& file_;
  const CfEntry& entry_;
  std::vector<std::string> open_names_;
  std::string result_;
  int names_ = 0;
};

}  // namespace

absl::StatusOr<CfEntry> ExpandedEntry(const CfFile& file,
                                      const CfEntry& entry) {
  return Expansion(file, entry).Run();
}

}  // namespace postmirror
