// The least that filling a store can cost: entries that are sorted and in
// memory already are appended to a new LMDB environment in one durable
// transaction.
#ifndef POSTMIRROR_TESTS_BENCH_RAW_STREAM_LOAD_H_
#define POSTMIRROR_TESTS_BENCH_RAW_STREAM_LOAD_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace postmirror {

// A key and its entry.
using LoadedEntry = std::pair<absl::string_view, absl::string_view>;

// The lines of a file, each a key, a tab, an entry; views into `text`.
absl::StatusOr<std::vector<LoadedEntry>> SplitLines(absl::string_view text);

// Each list becomes a sub-database of the environment in `folder`, which has to
// exist and to be empty. Returns the number of entries.
absl::StatusOr<uint64_t> LoadEntries(
    const std::string& folder,
    absl::Span<const std::vector<LoadedEntry>> lists);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_RAW_STREAM_LOAD_H_
