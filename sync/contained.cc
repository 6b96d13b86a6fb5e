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

bool Has(const GtidPositions& gtids, const GtidWriter& writer,
         uint64_t number) {
  const auto has = gtids.find(writer);
  return has != gtids.end() && has->second >= number;
}

// By the numbers of each writer; `gtids` are the host's.
Containment ByGtids(const HostFacts& facts, const GtidPositions& gtids,
                    const ReadBound& bound) {
  if (bound.gtids.empty()) {
    return Unknown(
        "has no GTIDs by which it could be known whether it has what was read "
        "before");
  }
  Containment containment = Contained();
  for (const auto& [writer, number] : bound.gtids) {
    if (Has(gtids, writer, number)) continue;
    if (containment.contained()) {
      const auto has = gtids.find(writer);
      containment = Lacks(
          absl::StrCat("lacks transactions that were read before: up to ",
                       GtidText(writer, number), ", and has ",
                       has == gtids.end() ? "none of that server"
                                          : GtidText(writer, has->second)));
    }
    containment.has_lost =
        containment.has_lost || (writer.server == facts.server_id &&
                                 !Has(facts.written, writer, number));
  }
  return containment;
}

bool AllCreatedAnew(const HostTraits& now, const HostTraits& before) {
  return !before.created.empty() &&
         std::all_of(before.created.begin(), before.created.end(),
                     [&](const auto& table) {
                       const auto found = now.created.find(table.first);
                       return found == now.created.end() ||
                              found->second != table.second;
                     });
}

constexpr char kCreatedAnew[] =
    "may have other data than before: every table that is read was created or "
    "copied since";

// Not the end of a log that a crash took: that much was on disk.
bool IsOlder(const HostTraits& now, const HostTraits& before) {
  return now.lsn.has_value() && before.lsn_flushed.has_value() &&
         *now.lsn < *before.lsn_flushed;
}

Containment HasOlderData(uint64_t now, uint64_t before) {
  return Lacks(absl::StrCat("has older data than were read before: InnoDB's "
                            "log is at ",
                            now, " and was at ", before),
               true);
}

// Its numbers are another count than before: RESET MASTER, or no binlog any
// more.
bool CountsAnew(const HostTraits& now, const HostTraits& last) {
  return last.binlog.has_value() &&
         (!now.binlog.has_value() || BinlogWentBack(now, last));
}

// What speaks against a host that was read before another one was, whatever its
// numbers are by now: it is not the one any more that it was then. nullopt
// where nothing does.
std::optional<Containment> AgainstItself(const HostTraits& now,
                                         const HostTraits& before) {
  if (IsOlder(now, before)) return HasOlderData(*now.lsn, *before.lsn_flushed);
  if (BinlogWentBack(now, before)) {
    return Lacks(
        absl::StrCat("has another binlog than before, so that its numbers may "
                     "be those of others now: it is at ",
                     now.binlog->ToString(), " and was at ",
                     before.binlog->ToString()),
        true);
  }
  if (AllCreatedAnew(now, before)) return Unknown(kCreatedAnew);
  return std::nullopt;
}

// Of the host that was read last, where nothing is lacking by its GTIDs, or
// nothing can be said by them. Another data folder at the same port is the same
// server by all but these.
Containment ByTraits(const HostTraits& now, const HostTraits& last) {
  if (AllCreatedAnew(now, last)) {
    return Unknown(kCreatedAnew);
  }
  if (now.lsn.has_value() && last.lsn.has_value()) {
    if (*now.lsn >= *last.lsn) return Contained();
    return HasOlderData(*now.lsn, *last.lsn);
  }
  if (now.binlog.has_value() && last.binlog.has_value() &&
      *now.binlog >= *last.binlog) {
    return Contained();
  }
  return Unknown("does not tell whether it has the data that were read before");
}

Containment OfLast(const HostFacts& facts, const HostTraits& last,
                   const ReadBound& bound) {
  Containment traits = ByTraits(facts.traits, last);
  // What it shows it has shown before; what it is about to show was not read.
  Containment gtids = ByGtids(facts, facts.written, bound);
  if (traits.contained()) {
    // The log goes on, and transactions of it are missing: a crash lost them.
    if (gtids.kind == Kind::kLacks && !CountsAnew(facts.traits, last)) {
      return gtids;
    }
    return traits;
  }
  if (gtids.kind == Kind::kLacks) return gtids;
  // An older log alone is what a crash leaves of it, at times; but not where
  // GTIDs are not all that it has.
  if (gtids.contained() && bound.unnumbered.empty() &&
      !AllCreatedAnew(facts.traits, last) && !IsOlder(facts.traits, last)) {
    return gtids;
  }
  return traits;
}

// A host other than `host` whose changes without GTIDs were read, or nullptr.
const std::string* UnnumberedElsewhere(const ReadBound& bound,
                                       const std::string& host) {
  const auto other =
      std::find_if(bound.unnumbered.begin(), bound.unnumbered.end(),
                   [&](const std::string& writer) { return writer != host; });
  return other == bound.unnumbered.end() ? nullptr : &*other;
}

}  // namespace

Containment Contains(const HostFacts& facts, const ReadBound& bound) {
  const HostTraits& now = facts.traits;
  if (bound.lost.contains(now.host) && !HasGotBackWhatItLost(facts, bound)) {
    return Lacks(
        "was seen without transactions that it had before, so that their "
        "numbers may be those of others now");
  }
  const auto last = bound.hosts.find(bound.last);
  if (last != bound.hosts.end() && !last->second.cluster.empty() &&
      now.cluster == last->second.cluster) {
    const uint64_t committed = last->second.cluster_committed;
    if (now.cluster_committed >= committed) return Contained();
    return Lacks(absl::StrCat("is behind its cluster: wsrep_last_committed is ",
                              now.cluster_committed, ", and ", committed,
                              " was read before"));
  }
  const std::string* unnumbered = UnnumberedElsewhere(bound, now.host);
  const HostTraits* own =
      now.server_uid.empty() ? nullptr : AsItWas(bound, now);
  if (own != nullptr && now.host == bound.last) {
    if (unnumbered == nullptr) return OfLast(facts, *own, bound);
  } else if (own != nullptr && !HasGotBackWhatItLost(facts, bound)) {
    if (std::optional<Containment> against = AgainstItself(now, *own)) {
      return *std::move(against);
    }
  }
  if (!bound.unnumbered.empty()) {
    return Unknown(absl::StrCat(
        "may lack what was read before: ",
        unnumbered == nullptr ? *bound.unnumbered.begin() : *unnumbered,
        " has no binlog (log_bin), and was written to, so that no GTID tells "
        "who has that"));
  }
  if (!bound.restarted.empty()) {
    return Unknown(absl::StrCat(
        "may lack what was read before: server ",
        bound.restarted.begin()->server,
        " has begun its GTIDs again (RESET MASTER), so that its numbers do not "
        "tell"));
  }
  return ByGtids(facts, facts.gtids, bound);
}

}  // namespace postmirror
