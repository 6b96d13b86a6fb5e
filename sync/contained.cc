#include "sync/contained.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

using Kind = Containment::Kind;

Containment Contained() {
  return {.kind = Kind::kContained, .has_lost = false, .reason = ""};
}

Containment Lacks(std::string reason, bool has_lost = false) {
  return {
      .kind = Kind::kLacks, .has_lost = has_lost, .reason = std::move(reason)};
}

Containment Unknown(std::string reason) {
  return {
      .kind = Kind::kUnknown, .has_lost = false, .reason = std::move(reason)};
}

// Whether the host follows another one that has all of `domain`: what it lost
// it has got back, if its replication has come so far.
bool HasReplicated(const HostFacts& facts, const ReadBound& bound,
                   uint32_t domain) {
  uint64_t highest = 0;
  for (const auto& [writer, number] : bound.gtids) {
    if (writer.domain == domain) highest = std::max(highest, number);
  }
  return std::any_of(
      facts.replicated.begin(), facts.replicated.end(), [&](const auto& gtid) {
        return gtid.first.domain == domain &&
               bound.gtids.contains(gtid.first) && gtid.second >= highest;
      });
}

bool HasGotBackWhatItLost(const HostFacts& facts, const ReadBound& bound) {
  return !bound.gtids.empty() &&
         std::all_of(bound.gtids.begin(), bound.gtids.end(),
                     [&](const auto& gtid) {
                       return HasReplicated(facts, bound, gtid.first.domain);
                     });
}

// By the numbers of each writer.
Containment ByGtids(const HostFacts& facts, const ReadBound& bound) {
  if (bound.gtids.empty()) {
    return Unknown(
        "there are no GTIDs by which it could be known whether it has what was "
        "read before");
  }
  Containment lacks = Contained();
  for (const auto& [writer, number] : bound.gtids) {
    const auto has = facts.gtids.find(writer);
    if (has != facts.gtids.end() && has->second >= number) continue;
    const std::string what =
        has == facts.gtids.end()
            ? "has nothing of that writer"
            : absl::StrCat("has ", GtidText(writer, has->second));
    const bool is_own = writer.server == facts.server_id;
    if (lacks.contained()) {
      lacks = Lacks(absl::StrCat(
          "it lacks transactions that were read before: ", "up to ",
          GtidText(writer, number), ", and ", what));
    }
    lacks.has_lost = lacks.has_lost || is_own;
  }
  return lacks;
}

bool AllCreatedAnew(const HostTraits& now, const HostTraits& last) {
  return !last.created.empty() &&
         std::all_of(last.created.begin(), last.created.end(),
                     [&](const auto& table) {
                       const auto found = now.created.find(table.first);
                       return found == now.created.end() ||
                              found->second != table.second;
                     });
}

// Its numbers are another count than before: RESET MASTER, or no binlog any
// more.
bool CountsAnew(const HostTraits& now, const HostTraits& last) {
  return last.binlog.has_value() &&
         (!now.binlog.has_value() || *now.binlog < *last.binlog);
}

// Of the server that was read last, where nothing is lacking by its GTIDs, or
// nothing can be said by them. Another data folder at the same port is the same
// server by all but these.
Containment ByTraits(const HostTraits& now, const HostTraits& last) {
  if (AllCreatedAnew(now, last)) {
    return Unknown(
        "every table that is read was created or copied since it was read "
        "last, so that it may have other data");
  }
  if (now.lsn.has_value() && last.lsn.has_value()) {
    if (*now.lsn >= *last.lsn) return Contained();
    return Lacks(absl::StrCat("its data are older than what was read before: ",
                              "InnoDB's log is at ", *now.lsn, " and was at ",
                              *last.lsn),
                 true);
  }
  if (now.binlog.has_value() && last.binlog.has_value() &&
      *now.binlog >= *last.binlog) {
    return Contained();
  }
  return Unknown("nothing tells whether it has the data that were read before");
}

Containment OfSameServer(const HostFacts& facts, const ReadBound& bound) {
  const Containment traits = ByTraits(facts.traits, bound.last);
  const Containment gtids = ByGtids(facts, bound);
  if (traits.contained()) {
    // The log goes on, and transactions of it are missing: a crash lost them.
    if (gtids.kind == Kind::kLacks && !CountsAnew(facts.traits, bound.last)) {
      return gtids;
    }
    return traits;
  }
  if (gtids.kind == Kind::kLacks) return gtids;
  // An older log alone is what a crash leaves of it, at times.
  if (gtids.contained() && !AllCreatedAnew(facts.traits, bound.last)) {
    return gtids;
  }
  return traits;
}

}  // namespace

Containment Contains(const HostFacts& facts, const ReadBound& bound) {
  const HostTraits& now = facts.traits;
  const HostTraits& last = bound.last;
  if (bound.lost.contains(now.host) && !HasGotBackWhatItLost(facts, bound)) {
    return Lacks(
        "it was seen without transactions that it had before, so that their "
        "numbers may be those of others now");
  }
  if (!last.cluster.empty() && now.cluster == last.cluster) {
    if (now.cluster_committed >= last.cluster_committed) return Contained();
    return Lacks(
        absl::StrCat("it is behind its cluster: wsrep_last_committed is ",
                     now.cluster_committed, ", and ", last.cluster_committed,
                     " was read before"));
  }
  if (now.host == last.host && now.server_uid == last.server_uid &&
      !now.server_uid.empty()) {
    return OfSameServer(facts, bound);
  }
  if (!bound.restarted.empty()) {
    return Unknown(absl::StrCat(
        "server ", bound.restarted.begin()->server,
        " has begun its GTIDs again (RESET MASTER), so that its numbers do not "
        "tell whether this one has what was read before"));
  }
  return ByGtids(facts, bound);
}

}  // namespace postmirror
