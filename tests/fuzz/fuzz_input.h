// What the fuzzers share: input in pieces, and the check that ends a run.
#ifndef POSTMIRROR_TESTS_FUZZ_FUZZ_INPUT_H_
#define POSTMIRROR_TESTS_FUZZ_FUZZ_INPUT_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "absl/strings/string_view.h"

namespace postmirror {

// Ends the run where a promise is broken, so that libFuzzer keeps the input.
inline void Require(bool holds, const char* promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", promise);
  std::abort();
}

// Input from libFuzzer, taken piece by piece off its front.
class FuzzInput {
 public:
  FuzzInput(const uint8_t* bytes, size_t size)
      : rest_(reinterpret_cast<const char*>(bytes), size) {}

  // The next byte; 0 at the end.
  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte;
  }

  // What stands before the next newline, which is taken as well.
  absl::string_view Line() {
    const absl::string_view line = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(line.size());
    if (!rest_.empty()) rest_.remove_prefix(1);
    return line;
  }

  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_FUZZ_FUZZ_INPUT_H_
