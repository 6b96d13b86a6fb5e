#include "tests/sync/store_probe.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "schema/key/collation_rules.h"
#include "schema/store/environment.h"
#include "schema/store/store_reader.h"
#include "schema/store/store_scan.h"
#include "schema/store/store_view.h"

namespace postmirror {
namespace {

// How long a child may take, in seconds; a lookup takes some milliseconds.
constexpr unsigned kPatience = 5;

// What `ask` returns in a process of its own; nullopt where that did not end.
std::optional<std::string> TryInChild(absl::FunctionRef<std::string()> ask) {
  std::array<int, 2> ends = {-1, -1};
  if (pipe(ends.data()) != 0) return "no pipe";
  const pid_t child = fork();
  if (child < 0) return "no process";
  if (child == 0) {
    alarm(kPatience);
    const std::string answer = ask();
    const ssize_t written = write(ends[1], answer.data(), answer.size());
    _exit(written < 0);
  }
  close(ends[1]);
  std::string answer;
  std::array<char, 4096> buffer;
  for (ssize_t got; (got = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<size_t>(got));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return std::nullopt;
  return answer;
}

// A child of a process with threads has the locks that they held when it was
// made, a sanitizer's allocator's among them, and may wait for one for ever.
std::string InChild(absl::FunctionRef<std::string()> ask) {
  for (int i = 0; i < 5; ++i) {
    if (std::optional<std::string> answer = TryInChild(ask)) return *answer;
  }
  return "no answer";
}

}  // namespace

std::string StoreProbe::Lookup(const std::string& map,
                               const std::string& key) const {
  return InChild([&]() -> std::string {
    StoreReader reader(store_);
    reader.Refresh().IgnoreError();
    StoreView view(&reader, {map});
    view.Begin();
    std::string value;
    const Outcome outcome = view.Lookup(0, key, &value);
    view.End();
    if (outcome == Outcome::kFound) return value;
    return outcome == Outcome::kNotFound ? "NOT FOUND" : "TEMPORARY";
  });
}

std::string StoreProbe::Record(const std::string& map) const {
  return InChild([&]() -> std::string {
    StoreReader reader(store_);
    reader.Refresh().IgnoreError();
    StoreView view(&reader, {map});
    view.Begin();
    const MapRecord* record = view.Record(0);
    std::string text =
        record == nullptr
            ? "none"
            : absl::StrCat(
                  record->sub_database, " ",
                  record->definition.substr(0, record->definition.find('\n')),
                  " ", record->entries, " ", record->unstorable_rows);
    view.End();
    return text;
  });
}

std::string StoreProbe::Collations() const {
  return InChild([&]() -> std::string {
    const auto environment = Environment::OpenForReading(store_);
    if (!environment.ok()) return "none";
    const auto scan = StoreScan::Open(environment->get(), kStatusSubDatabase);
    std::string names;
    while (scan.ok() && (*scan)->Next().value_or(false)) {
      if (!absl::StartsWith((*scan)->key(), CollationKey(""))) continue;
      const auto rules = DecodeCollationRules((*scan)->entry());
      absl::StrAppend(&names, rules.ok() ? rules->name : "damaged", " ");
    }
    return names;
  });
}

uint64_t StoreProbe::LastTransaction() const {
  // LMDB 0.9 keeps two meta pages and writes them in turn.
  constexpr std::array<std::streamoff, 2> kTransactionOffsets = {144,
                                                                 4096 + 144};
  std::ifstream file(absl::StrCat(FormatFolder(store_), "/data.mdb"),
                     std::ios::binary);
  uint64_t last = 0;
  for (const std::streamoff offset : kTransactionOffsets) {
    std::array<char, sizeof(uint64_t)> bytes = {};
    file.seekg(offset);
    file.read(bytes.data(), bytes.size());
    uint64_t number = 0;
    std::memcpy(&number, bytes.data(), sizeof(number));
    last = std::max(last, number);
  }
  return last;
}

}  // namespace postmirror
