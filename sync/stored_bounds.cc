#include "sync/stored_bounds.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "schema/runtime/digest.h"

namespace postmirror {
namespace {

// Do not change: stored.
constexpr absl::string_view kNote = "bound/";
constexpr absl::string_view kOfMap = "bound/map/";

std::string NoteOf(const std::string& map) {
  return absl::StrCat(kOfMap, DigestText(map));
}

}  // namespace

StoredBounds::StoredBounds(Notes notes) : notes_(std::move(notes)) {
  std::erase_if(notes_, [](const auto& note) {
    return !absl::StartsWith(note.first, kNote);
  });
}

bool StoredBounds::Has(const std::string& map) const {
  return notes_.contains(NoteOf(map));
}

bool StoredBounds::HasAll(const std::vector<std::string>& maps) const {
  return std::all_of(maps.begin(), maps.end(),
                     [this](const std::string& map) { return Has(map); });
}

StoredBounds::Notes StoredBounds::Of(
    const std::vector<std::string>& maps) const {
  Notes bounds;
  for (const std::string& map : maps) {
    const auto note = notes_.find(NoteOf(map));
    if (note != notes_.end()) bounds[map] = note->second;
  }
  return bounds;
}

bool StoredBounds::has_former() const {
  return std::any_of(notes_.begin(), notes_.end(), [](const auto& note) {
    return !absl::StartsWith(note.first, kOfMap);
  });
}

StoredBounds StoredBounds::With(const std::vector<std::string>& maps,
                                const std::string& bound) const {
  StoredBounds after = *this;
  for (const std::string& map : maps) after.notes_[NoteOf(map)] = bound;
  return after;
}

StoredBounds StoredBounds::Only(const std::vector<std::string>& maps) const {
  std::set<std::string> kept;
  for (const std::string& map : maps) kept.insert(NoteOf(map));
  const bool keeps_former = !HasAll(maps);
  StoredBounds after = *this;
  std::erase_if(after.notes_, [&](const auto& note) {
    return !kept.contains(note.first) &&
           !(keeps_former && !absl::StartsWith(note.first, kOfMap));
  });
  return after;
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
