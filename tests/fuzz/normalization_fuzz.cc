// Keys: normalization is idempotent, folding first changes nothing, and no key
// is both unmatchable and found.
#include "schema/key/normalization.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using postmirror::KeyKind;
  using postmirror::Require;
  postmirror::FuzzInput input(bytes, size);
  const postmirror::Normalization normalization(input.Byte() % 2 == 0);
  std::string once;
  if (normalization.Normalize(input.rest(), &once) == KeyKind::kUnmatchable) {
    return 0;
  }
  std::string twice;
  Require(normalization.Normalize(once, &twice) != KeyKind::kUnmatchable,
          "a normalized key can be asked for");
  Require(once == twice, "normalization is idempotent");
  std::string folded;
  Require(postmirror::FoldKey(input.rest(), normalization.utf8(), &folded),
          "a key that can match folds");
  std::string after_folding;
  normalization.Normalize(folded, &after_folding);
  Require(after_folding == once, "folding is part of normalization");
  return 0;
}
