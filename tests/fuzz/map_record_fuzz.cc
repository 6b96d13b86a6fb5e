// The record of a map, as it may be read from a damaged store.
#include "schema/store/map_record.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const postmirror::FuzzInput input(bytes, size);
  const auto record = postmirror::DecodeMapRecord(input.rest());
  if (!record.ok()) return 0;
  postmirror::Require(postmirror::EncodeMapRecord(*record) == input.rest(),
                      "only what EncodeMapRecord makes is taken for a record");
  return 0;
}
