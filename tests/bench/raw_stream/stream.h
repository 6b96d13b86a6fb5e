// The least that reading a table can cost: its rows are fetched as sync fetches
// them, counted, and thrown away.
#ifndef POSTMIRROR_TESTS_BENCH_RAW_STREAM_STREAM_H_
#define POSTMIRROR_TESTS_BENCH_RAW_STREAM_STREAM_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace postmirror {

struct StreamSource {
  unsigned port = 0;  // on 127.0.0.1
  std::string user;
  std::string password;
  std::string database;
};

// Connects, runs the queries in one consistent snapshot, and returns how many
// rows they have.
absl::StatusOr<uint64_t> StreamRows(const StreamSource& source,
                                    absl::Span<const std::string> queries);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_RAW_STREAM_STREAM_H_
