// An entry of `listen`: what is parsed is printed so that it parses to itself.
#include "schema/config/listen_entry.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const postmirror::FuzzInput input(bytes, size);
  const auto entry = postmirror::ParseListenEntry(input.rest());
  if (!entry.ok()) return 0;
  const auto again = postmirror::ParseListenEntry(entry->ToString());
  postmirror::Require(again.ok() && *again == *entry,
                      "an entry is printed as it is written");
  return 0;
}
