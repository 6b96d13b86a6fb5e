#include "sync/ctl/freshness.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// With binlog and lsn maps are confirmed several times a second; and a sync
// that has just started connects within moments, or says why not.
constexpr absl::Duration kStaleAfter = absl::Seconds(10);

bool IsSilent(const ServerStatus& server) {
  return server.server.empty() && server.error.empty();
}

}  // namespace

std::optional<absl::Duration> Freshness(const MapStatus& status,
                                        const Moment& now) {
  if (!status.confirmed.has_value()) return std::nullopt;
  const absl::Duration age = Elapsed(*status.confirmed, now);
  if (age == absl::InfiniteDuration()) return std::nullopt;
  return age;
}

absl::Duration LongestFreshness(const ServerStatus& server,
                                absl::Duration reconcile_interval) {
  const absl::Duration longest = kStaleIntervals * reconcile_interval;
  const bool only_reconciles =
      server.change_source == "interval" && !IsSilent(server);
  if (only_reconciles || !server.error.empty()) return longest;
  return std::min(longest, kStaleAfter);
}

std::string SilenceOf(const ServerStatus& server, const Moment& now) {
  const bool fresh = std::all_of(
      server.maps.begin(), server.maps.end(), [&](const MapStatus& map) {
        return Freshness(map, now).value_or(absl::InfiniteDuration()) <=
               kStaleAfter;
      });
  if (fresh || !IsSilent(server)) return "";
  const bool first_read = std::none_of(
      server.maps.begin(), server.maps.end(),
      [](const MapStatus& map) { return map.confirmed.has_value(); });
  if (first_read) {
    return absl::StrCat(server.hosts,
                        ": is being read for the first time; if that takes "
                        "longer than your tables explain, restart "
                        "postmirror-sync");
  }
  return absl::StrCat(server.hosts,
                      ": not connected, and postmirror-sync does not say why: "
                      "if it stays so, restart it, and look whether an option "
                      "file names a FIFO");
}

}  // namespace postmirror
