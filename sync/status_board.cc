#include "sync/status_board.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

constexpr absl::Duration kWriteInterval = absl::Seconds(1);

ServerStatus WithoutFreshness(ServerStatus status) {
  for (MapStatus& map : status.maps) {
    // That a map was never confirmed is more than freshness.
    if (map.confirmed.has_value()) map.confirmed = Moment{};
    // Each change may bring another count.
    map.entries.reset();
  }
  return status;
}

}  // namespace

StatusBoard::StatusBoard(absl::string_view folder, size_t servers,
                         const Clock* clock, Logger* logger,
                         std::function<void(const SyncStatus&)> on_change)
    : folder_(folder),
      clock_(*clock),
      logger_(*logger),
      on_change_(std::move(on_change)) {
  absl::StatusOr<SyncStatus> earlier = ReadSyncStatus(folder_);
  if (earlier.ok()) earlier_ = *std::move(earlier);
  status_.servers.resize(servers);
}

MapStatus StatusBoard::Earlier(absl::string_view map) const {
  for (const ServerStatus& server : earlier_.servers) {
    for (const MapStatus& candidate : server.maps) {
      if (candidate.name == map) return candidate;
    }
  }
  MapStatus unknown;
  unknown.name = std::string(map);
  return unknown;
}

void StatusBoard::Post(size_t server, const ServerStatus& status) {
  const std::lock_guard<std::mutex> lock(mutex_);
  ServerStatus& posted = status_.servers[server];
  unwritten_ = unwritten_ || posted != status;
  if (!unwritten_) return;
  const bool urgent = WithoutFreshness(posted) != WithoutFreshness(status);
  posted = status;
  if (urgent && on_change_) on_change_(status_);
  const Moment now = clock_.Now();
  if (urgent || !written_.has_value() ||
      Elapsed(*written_, now) >= kWriteInterval) {
    Write(now);
  }
}

void StatusBoard::PostStoreFault(StoreFault cause, const std::string& fault) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (fault.empty()) {
    store_faults_.erase(cause);
  } else {
    store_faults_[cause] = fault;
  }
  PostTextLocked(&SyncStatus::store_fault,
                 absl::StrJoin(store_faults_, "; ",
                               [](std::string* out, const auto& each) {
                                 absl::StrAppend(out, each.second);
                               }));
}

void StatusBoard::PostText(std::string SyncStatus::*member,
                           const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  PostTextLocked(member, text);
}

void StatusBoard::PostTextLocked(std::string SyncStatus::*member,
                                 const std::string& text) {
  if (status_.*member == text) return;
  status_.*member = text;
  unwritten_ = true;
  if (on_change_) on_change_(status_);
  Write(clock_.Now());
}

SyncStatus StatusBoard::Current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return status_;
}

void StatusBoard::Write(const Moment& now) {
  written_ = now;
  const absl::Status written = WriteSyncStatus(folder_, status_);
  if (!written.ok() && !write_failed_) {
    logger_.Warning(
        absl::StrCat("the status cannot be written, freshness will not "
                     "be known: ",
                     written.message()));
  }
  write_failed_ = !written.ok();
  // What it said would be believed for as long as it looks fresh.
  if (write_failed_) RemoveSyncStatus(folder_);
  unwritten_ = write_failed_;
}

}  // namespace postmirror
