#include "sync/reader_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {

ReaderWatch::ReaderWatch(std::string store,
                         std::function<void(const std::string&)> post,
                         Logger* logger)
    : store_(std::move(store)), post_(std::move(post)), logger_(*logger) {}

void ReaderWatch::Look(const std::vector<ReaderSlot>& late, const Moment& now) {
  std::vector<Late> before = std::move(late_);
  late_.clear();
  for (const ReaderSlot& slot : late) {
    const auto same = std::find_if(
        before.begin(), before.end(),
        [&](const Late& candidate) { return candidate.slot == slot; });
    late_.push_back(
        {.slot = slot, .since = same == before.end() ? now : same->since});
  }
  const auto stays =
      std::find_if(late_.begin(), late_.end(), [&](const Late& candidate) {
        return Elapsed(candidate.since, now) >= kPatience;
      });
  const std::optional<ReaderSlot> found =
      stays == late_.end() ? std::nullopt : std::optional(stays->slot);
  if (found == told_) return;
  told_ = found;
  const std::string fault = found.has_value() ? Fault(*stays) : "";
  if (found.has_value()) {
    logger_.Warning(fault);
  } else {
    logger_.Notice(absl::StrCat("store ", store_,
                                ": no reader stays at a former commit any "
                                "more, its space is used again"));
  }
  post_(fault);
}

std::string ReaderWatch::Fault(const Late& late) const {
  return absl::StrCat(
      "store ", store_, ": process ", late.slot.pid,
      " (of the machine, or as its container counts) reads commit ",
      late.slot.commit.value_or(0), " and not the last one since ",
      absl::FormatTime(absl::RFC3339_sec, late.since.wall,
                       absl::LocalTimeZone()),
      ", so that no space is used again and the store grows: restart it, most "
      "likely postmirror-proxy");
}

}  // namespace postmirror
