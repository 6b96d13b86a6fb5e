#include "sync/stored_bounds.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

// Do not change: stored.
constexpr absl::string_view kNote = "bound/";
constexpr absl::string_view kFormer = "bound/former/";

std::string NoteOf(const std::string& list) {
  return absl::StrCat(kNote, DigestText(list));
}

}  // namespace

StoredBounds::StoredBounds(Notes notes) : notes_(std::move(notes)) {
  std::erase_if(notes_, [](const auto& note) {
    return !absl::StartsWith(note.first, kNote);
  });
}

bool StoredBounds::Has(const std::string& list) const {
  return notes_.contains(NoteOf(list));
}

bool StoredBounds::HasEqual(const std::string& list,
                            const std::string& bound) const {
  const auto kept = notes_.find(NoteOf(list));
  return kept != notes_.end() && kept->second == bound;
}

StoredBounds::Notes StoredBounds::ByDigest() const {
  Notes bounds;
  for (const auto& [note, bound] : notes_) {
    bounds[note.substr(kNote.size())] = bound;
  }
  return bounds;
}

StoredBounds StoredBounds::With(const std::string& list,
                                const std::string& bound,
                                const std::set<std::string>& configured) const {
  StoredBounds after = *this;
  after.notes_[NoteOf(list)] = bound;
  if (!configured.empty()) after.Retire(configured);
  return after;
}

void StoredBounds::Retire(const std::set<std::string>& configured) {
  // Until then one of them may have to go on from a former one.
  const bool all_have_own =
      std::all_of(configured.begin(), configured.end(),
                  [this](const std::string& list) { return Has(list); });
  Notes kept;
  for (const std::string& list : configured) {
    auto own = notes_.extract(NoteOf(list));
    if (!own.empty()) kept.insert(std::move(own));
  }
  if (!all_have_own) {
    for (const auto& [note, bound] : notes_) {
      if (absl::StartsWith(note, kFormer)) kept.insert({note, bound});
    }
    for (const auto& [note, bound] : notes_) {
      if (absl::StartsWith(note, kFormer)) continue;
      // It went on from an older former one of the same list.
      kept[absl::StrCat(kFormer, note.substr(kNote.size()))] = bound;
    }
  }
  notes_ = std::move(kept);
}

absl::Status StoredBounds::Write(const StoredBounds& stored,
                                 StoreTransaction* transaction) const {
  for (const auto& [note, bound] : stored.notes_) {
    if (notes_.contains(note)) continue;
    absl::Status deleted = transaction->DeleteNote(note);
    if (!deleted.ok() && !absl::IsNotFound(deleted)) return deleted;
  }
  for (const auto& [note, bound] : notes_) {
    const auto old = stored.notes_.find(note);
    if (old != stored.notes_.end() && old->second == bound) continue;
    absl::Status put = transaction->PutNote(note, bound.value_or(""));
    if (!put.ok()) return put;
  }
  return absl::OkStatus();
}

}  // namespace postmirror
