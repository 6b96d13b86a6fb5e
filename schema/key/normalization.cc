#include "schema/key/normalization.h"

#include "absl/strings/match.h"
#include "schema/key/key_folding.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

// The form of no row.
constexpr absl::string_view kNoForm("\xFE", 1);

}  // namespace

KeyKind Normalization::NormalizeKey(absl::string_view key,
                                    std::string* normalized) const {
  if (key.empty()) return KeyKind::kUnmatchable;
  normalized->assign(key.data(), key.size());
  if (FoldAscii(normalized) && collation_->keeps_folded_ascii()) {
    Finish(normalized);
    return KeyKind::kExact;
  }
  // Postfix's keys are C strings: it cannot ask for one that holds a NUL.
  if (absl::StrContains(key, '\0')) return KeyKind::kUnmatchable;
  std::string folded;
  if (!FoldKey(key, utf8_, &folded)) return KeyKind::kUnmatchable;
  if (!collation_->Apply(folded, normalized)) {
    // A row may have been left out for the same reason.
    *normalized = std::string(kNoForm);
    return collation_->exact() ? KeyKind::kUnmatchable : KeyKind::kUncertain;
  }
  Finish(normalized);
  return collation_->exact() || IsAscii(key) ? KeyKind::kExact
                                             : KeyKind::kUncertain;
}

bool Normalization::NormalizeRow(absl::string_view column,
                                 std::string* normalized) const {
  if (!collation_->Apply(column, normalized)) return false;
  // No key is empty, and of bytes nothing is ignored: kEmptyKeyForm is left to
  // the key that is that byte.
  if (collation_->bytes() && normalized->empty()) return false;
  Finish(normalized);
  return true;
}

// Forms are made so that a space at their end is always one character, the form
// of a space (schema/README.md).
void Normalization::Finish(std::string* normalized) const {
  if (collation_->pads()) {
    normalized->resize(normalized->find_last_not_of(' ') + 1);
  }
  if (normalized->empty()) *normalized = std::string(kEmptyKeyForm);
}

}  // namespace postmirror
