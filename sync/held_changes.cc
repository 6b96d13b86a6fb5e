#include "sync/held_changes.h"

#include "absl/strings/str_cat.h"
#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

absl::string_view Bytes(const KeySet& keys) {
  return absl::string_view(reinterpret_cast<const char*>(keys.keys().data()),
                           keys.size() * sizeof(uint64_t));
}

}  // namespace

std::string HeldKeySets::Digest() const {
  return DigestText(absl::StrCat(DigestText(Bytes(removals)), Bytes(values)));
}

}  // namespace postmirror
