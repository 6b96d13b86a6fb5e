// result_format: a format on the first line, values on the next ones.
#include "schema/query/result_format.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::Require;
  postmirror::FuzzInput input(bytes, size);
  const auto format = postmirror::ResultFormat::Parse(input.Line());
  if (!format.ok()) return 0;
  std::string result;
  while (!input.rest().empty()) {
    const std::string before = result;
    const bool appended = format->Append(input.Line(), &result);
    Require(result.compare(0, before.size(), before) == 0,
            "a value is appended");
    Require(appended || result == before, "a skipped value leaves no trace");
  }
  return 0;
}
