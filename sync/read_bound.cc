#include "sync/read_bound.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace postmirror {
namespace {

// Do not change: stored. The version of the encoding, its first line.
constexpr absl::string_view kVersion = "bound\t1";

bool IsSameServer(const HostTraits& one, const HostTraits& other) {
  return one.host == other.host && one.server_uid == other.server_uid;
}

bool WentBack(const HostTraits& now, const HostTraits& last) {
  return now.binlog.has_value() && last.binlog.has_value() &&
         *now.binlog < *last.binlog;
}

// Notes where the host's own numbers are not those of before: they are lower,
// or its binlog went back, whatever numbers it has reached since.
void NoteRestarts(const HostFacts& facts, ReadBound* bound) {
  const bool again = IsSameServer(facts.traits, bound->last) &&
                     WentBack(facts.traits, bound->last);
  for (const auto& [writer, number] : bound->gtids) {
    if (writer.server != facts.server_id) continue;
    const auto now = facts.gtids.find(writer);
    if (again || now == facts.gtids.end() || now->second < number) {
      bound->restarted.insert(writer);
    }
  }
}

void AppendLine(std::vector<std::string> fields, std::string* out) {
  for (std::string& field : fields) field = absl::CEscape(field);
  absl::StrAppend(out, absl::StrJoin(fields, "\t"), "\n");
}

bool TakeWriter(const std::vector<std::string>& fields, GtidWriter* writer) {
  return absl::SimpleAtoi(fields[1], &writer->domain) &&
         absl::SimpleAtoi(fields[2], &writer->server);
}

bool TakeGtid(const std::vector<std::string>& fields, ReadBound* bound) {
  GtidWriter writer;
  return TakeWriter(fields, &writer) &&
         absl::SimpleAtoi(fields[3], &bound->gtids[writer]);
}

bool TakeRestarted(const std::vector<std::string>& fields, ReadBound* bound) {
  GtidWriter writer;
  if (!TakeWriter(fields, &writer)) return false;
  bound->restarted.insert(writer);
  return true;
}

bool TakeHost(const std::vector<std::string>& fields, ReadBound* bound) {
  bound->last.host = fields[1];
  bound->last.server_uid = fields[2];
  return true;
}

bool TakeLsn(const std::vector<std::string>& fields, ReadBound* bound) {
  return absl::SimpleAtoi(fields[1], &bound->last.lsn.emplace());
}

bool TakeBinlog(const std::vector<std::string>& fields, ReadBound* bound) {
  bound->last.binlog = BinlogPosition{fields[1], 0};
  return absl::SimpleAtoi(fields[2], &bound->last.binlog->offset);
}

bool TakeCreated(const std::vector<std::string>& fields, ReadBound* bound) {
  bound->last.created[{fields[1], fields[2]}] = fields[3];
  return true;
}

bool TakeCluster(const std::vector<std::string>& fields, ReadBound* bound) {
  bound->last.cluster = fields[1];
  return absl::SimpleAtoi(fields[2], &bound->last.cluster_committed);
}

bool TakeLost(const std::vector<std::string>& fields, ReadBound* bound) {
  bound->lost.insert(fields[1]);
  return true;
}

bool TakeUnnumbered(const std::vector<std::string>& fields, ReadBound* bound) {
  bound->unnumbered.insert(fields[1]);
  return true;
}

bool TakeLine(absl::string_view line, ReadBound* bound) {
  struct Field {
    absl::string_view name;  // do not change: stored
    size_t fields;           // the name's included
    bool (*take)(const std::vector<std::string>&, ReadBound*);
  };
  static constexpr Field kFields[] = {
      {"host", 3, TakeHost},
      {"lsn", 2, TakeLsn},
      {"binlog", 3, TakeBinlog},
      {"created", 4, TakeCreated},
      {"cluster", 3, TakeCluster},
      {"gtid", 4, TakeGtid},
      {"restarted", 3, TakeRestarted},
      {"lost", 2, TakeLost},
      {"unnumbered", 2, TakeUnnumbered},
  };
  std::vector<std::string> fields = absl::StrSplit(line, '\t');
  for (std::string& field : fields) {
    const std::string escaped = std::exchange(field, {});
    if (!absl::CUnescape(escaped, &field)) return false;
  }
  return std::any_of(
      std::begin(kFields), std::end(kFields), [&](const Field& each) {
        return each.name == fields[0] && each.fields == fields.size() &&
               each.take(fields, bound);
      });
}

}  // namespace

ReadBound BoundAfter(const std::optional<ReadBound>& before,
                     const HostFacts& facts, Reading reading, bool unnumbered) {
  ReadBound after = before.value_or(ReadBound{.gtids = {},
                                              .last = facts.traits,
                                              .restarted = {},
                                              .lost = {},
                                              .unnumbered = {}});
  const std::string& host = facts.traits.host;
  if (reading == Reading::kTaken) {
    std::erase_if(after.unnumbered,
                  [&](const std::string& other) { return other != host; });
  }
  if (unnumbered) after.unnumbered.insert(host);
  if (reading == Reading::kUncontained && before.has_value()) {
    // What the store keeps may be the former host's still.
    RaiseGtids(facts.gtids, &after.gtids);
    return after;
  }
  if (!IsSameServer(facts.traits, after.last) && !after.restarted.empty()) {
    // Its numbers are another count than those that are read from now on.
    after.lost.insert(after.last.host);
    after.restarted.clear();
  }
  NoteRestarts(facts, &after);
  if (reading == Reading::kTaken) after.gtids.clear();
  RaiseGtids(facts.gtids, &after.gtids);
  after.last = facts.traits;
  after.lost.erase(host);
  return after;
}

void FollowPositions(const HostFacts& facts, ReadBound* bound) {
  const HostTraits& now = facts.traits;
  if (!IsSameServer(now, bound->last)) return;
  if (WentBack(now, bound->last)) NoteRestarts(facts, bound);
  bound->last.lsn = now.lsn;
  bound->last.binlog = now.binlog;
}

ReadBound Joined(ReadBound one, const ReadBound& other) {
  RaiseGtids(other.gtids, &one.gtids);
  // Which of both was read last is not known: where they are of one server, the
  // one that asks more; of two, neither has all of it by being the last.
  if (!IsSameServer(one.last, other.last)) {
    one.last = HostTraits();
  } else if (one.last.lsn < other.last.lsn) {
    one.last = other.last;
  }
  one.restarted.insert(other.restarted.begin(), other.restarted.end());
  one.lost.insert(other.lost.begin(), other.lost.end());
  one.unnumbered.insert(other.unnumbered.begin(), other.unnumbered.end());
  return one;
}

std::string EncodeReadBound(const ReadBound& bound) {
  std::string out = absl::StrCat(kVersion, "\n");
  const HostTraits& last = bound.last;
  AppendLine({"host", last.host, last.server_uid}, &out);
  if (last.lsn.has_value()) AppendLine({"lsn", absl::StrCat(*last.lsn)}, &out);
  if (last.binlog.has_value()) {
    AppendLine({"binlog", last.binlog->file, absl::StrCat(last.binlog->offset)},
               &out);
  }
  for (const auto& [table, time] : last.created) {
    AppendLine({"created", table.database, table.table, time}, &out);
  }
  if (!last.cluster.empty()) {
    AppendLine({"cluster", last.cluster, absl::StrCat(last.cluster_committed)},
               &out);
  }
  for (const auto& [writer, number] : bound.gtids) {
    AppendLine({"gtid", absl::StrCat(writer.domain),
                absl::StrCat(writer.server), absl::StrCat(number)},
               &out);
  }
  for (const GtidWriter& writer : bound.restarted) {
    AppendLine(
        {"restarted", absl::StrCat(writer.domain), absl::StrCat(writer.server)},
        &out);
  }
  for (const std::string& host : bound.lost) AppendLine({"lost", host}, &out);
  for (const std::string& host : bound.unnumbered) {
    AppendLine({"unnumbered", host}, &out);
  }
  return out;
}

std::optional<ReadBound> DecodeReadBound(absl::string_view bytes) {
  std::vector<absl::string_view> lines = absl::StrSplit(bytes, '\n');
  // What the last line ends with leaves an empty one.
  if (lines.size() < 2 || lines.front() != kVersion || !lines.back().empty()) {
    return std::nullopt;
  }
  lines.pop_back();
  lines.erase(lines.begin());
  ReadBound bound;
  for (const absl::string_view line : lines) {
    if (!TakeLine(line, &bound)) return std::nullopt;
  }
  return bound;
}

Recollection Recall(const StoredReads& stored, const std::string& list,
                    const std::set<std::string>& hosts) {
  Recollection recollection;
  if (stored.unknown) return {.bound = std::nullopt, .damaged = true};
  if (const auto own = stored.bounds.find(list); own != stored.bounds.end()) {
    if (own->second.has_value()) {
      recollection.bound = DecodeReadBound(*own->second);
    }
    recollection.damaged = !recollection.bound.has_value();
    return recollection;
  }
  for (const auto& [other, bytes] : stored.bounds) {
    if (!bytes.has_value()) continue;
    std::optional<ReadBound> bound = DecodeReadBound(*bytes);
    if (!bound.has_value() ||
        (!bound->last.host.empty() && !hosts.contains(bound->last.host))) {
      continue;
    }
    recollection.bound = recollection.bound.has_value()
                             ? Joined(*std::move(recollection.bound), *bound)
                             : std::move(bound);
  }
  // Something was read, and of which host is not known by these names.
  recollection.damaged =
      !recollection.bound.has_value() && !stored.bounds.empty();
  return recollection;
}

}  // namespace postmirror
