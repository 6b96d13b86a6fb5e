// The two halves of a full sync without anything between them, to measure sync
// against.
//
//   raw_stream stream PORT USER PASSWORD DATABASE QUERY...
//   raw_stream load FOLDER FILE...
//
// Prints "ROWS SECONDS CPU_SECONDS"; what is read from files is not timed.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/bench/raw_stream/load.h"
#include "tests/bench/raw_stream/stopwatch.h"
#include "tests/bench/raw_stream/stream.h"

namespace postmirror {
namespace {

absl::Status Stream(absl::Span<const std::string> words) {
  StreamSource source;
  if (words.size() < 5 || !absl::SimpleAtoi(words[0], &source.port)) {
    return absl::InvalidArgumentError("PORT USER PASSWORD DATABASE QUERY...");
  }
  source.user = words[1];
  source.password = words[2];
  source.database = words[3];
  const Stopwatch watch;
  const absl::StatusOr<uint64_t> rows = StreamRows(source, words.subspan(4));
  if (!rows.ok()) return rows.status();
  watch.Print(*rows);
  return absl::OkStatus();
}

absl::Status Load(absl::Span<const std::string> words) {
  if (words.size() < 2) {
    return absl::InvalidArgumentError("FOLDER FILE...");
  }
  std::vector<std::string> texts;
  std::vector<std::vector<LoadedEntry>> lists;
  texts.reserve(
      words.size());  // what the entries point into stays in its place
  for (const std::string& path : words.subspan(1)) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return absl::NotFoundError(absl::StrCat(path, ": cannot open"));
    texts.emplace_back(std::istreambuf_iterator<char>(file),
                       std::istreambuf_iterator<char>());
    absl::StatusOr<std::vector<LoadedEntry>> list = SplitLines(texts.back());
    if (!list.ok()) return list.status();
    lists.push_back(*std::move(list));
  }
  const Stopwatch watch;
  const absl::StatusOr<uint64_t> rows = LoadEntries(words[0], lists);
  if (!rows.ok()) return rows.status();
  watch.Print(*rows);
  return absl::OkStatus();
}

absl::Status Run(const std::vector<std::string>& words) {
  if (words.empty()) return absl::InvalidArgumentError("stream or load");
  const auto rest = absl::MakeConstSpan(words).subspan(1);
  if (words[0] == "stream") return Stream(rest);
  if (words[0] == "load") return Load(rest);
  return absl::InvalidArgumentError("stream or load");
}

}  // namespace
}  // namespace postmirror

int main(int argc, char** argv) {
  const absl::Status status =
      postmirror::Run(std::vector<std::string>(argv + 1, argv + argc));
  if (status.ok()) return 0;
  std::fprintf(stderr, "raw_stream: %s\n",
               std::string(status.message()).c_str());
  return 1;
}
