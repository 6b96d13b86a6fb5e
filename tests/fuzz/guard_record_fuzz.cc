// What the guard remembers of a map, as it may be read from a damaged store.
#include "sync/guard_record.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const postmirror::FuzzInput input(bytes, size);
  const auto record = postmirror::DecodeGuardRecord(input.rest());
  if (!record.ok()) return 0;
  postmirror::Require(
      postmirror::EncodeGuardRecord(*record) == input.rest(),
      "only what EncodeGuardRecord makes is taken for a record");
  return 0;
}
