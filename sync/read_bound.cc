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
constexpr absl::string_view kVersion = "bound\t2";

// Notes where the host's own numbers are not those of before: they are lower,
// or its binlog went back, whatever numbers it has reached since.
void NoteRestarts(const HostFacts& facts, ReadBound* bound) {
  const HostTraits* own = AsItWas(*bound, facts.traits);
  const bool again = own != nullptr && BinlogWentBack(facts.traits, *own);
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

// What is read of an encoding, line by line.
struct Decoding {
  ReadBound bound;
  HostTraits* host = nullptr;  // whose lines come now
};

bool TakeWriter(const std::vector<std::string>& fields, GtidWriter* writer) {
  return absl::SimpleAtoi(fields[1], &writer->domain) &&
         absl::SimpleAtoi(fields[2], &writer->server);
}

bool TakeGtid(const std::vector<std::string>& fields, Decoding* decoding) {
  GtidWriter writer;
  return TakeWriter(fields, &writer) &&
         absl::SimpleAtoi(fields[3], &decoding->bound.gtids[writer]);
}

bool TakeRestarted(const std::vector<std::string>& fields, Decoding* decoding) {
  GtidWriter writer;
  if (!TakeWriter(fields, &writer)) return false;
  decoding->bound.restarted.insert(writer);
  return true;
}

bool TakeLast(const std::vector<std::string>& fields, Decoding* decoding) {
  decoding->bound.last = fields[1];
  return true;
}

bool TakeHost(const std::vector<std::string>& fields, Decoding* decoding) {
  decoding->host = &decoding->bound.hosts[fields[1]];
  decoding->host->host = fields[1];
  decoding->host->server_uid = fields[2];
  return true;
}

bool TakeLsn(const std::vector<std::string>& fields, Decoding* decoding) {
  return absl::SimpleAtoi(fields[1], &decoding->host->lsn.emplace());
}

bool TakeFlushed(const std::vector<std::string>& fields, Decoding* decoding) {
  return absl::SimpleAtoi(fields[1], &decoding->host->lsn_flushed.emplace());
}

bool TakeBinlog(const std::vector<std::string>& fields, Decoding* decoding) {
  decoding->host->binlog = BinlogPosition{fields[1], 0};
  return absl::SimpleAtoi(fields[2], &decoding->host->binlog->offset);
}

bool TakeCreated(const std::vector<std::string>& fields, Decoding* decoding) {
  decoding->host->created[{fields[1], fields[2]}] = fields[3];
  return true;
}

bool TakeCluster(const std::vector<std::string>& fields, Decoding* decoding) {
  decoding->host->cluster = fields[1];
  return absl::SimpleAtoi(fields[2], &decoding->host->cluster_committed);
}

bool TakeLost(const std::vector<std::string>& fields, Decoding* decoding) {
  decoding->bound.lost.insert(fields[1]);
  return true;
}

bool TakeUnnumbered(const std::vector<std::string>& fields,
                    Decoding* decoding) {
  decoding->bound.unnumbered.insert(fields[1]);
  return true;
}

bool TakeLine(absl::string_view line, Decoding* decoding) {
  struct Field {
    absl::string_view name;  // do not change: stored
    size_t fields;           // the name's included
    bool of_host;            // one of the lines that follow a host's
    bool (*take)(const std::vector<std::string>&, Decoding*);
  };
  static constexpr Field kFields[] = {
      {"last", 2, false, TakeLast},
      {"host", 3, false, TakeHost},
      {"lsn", 2, true, TakeLsn},
      {"flushed", 2, true, TakeFlushed},
      {"binlog", 3, true, TakeBinlog},
      {"created", 4, true, TakeCreated},
      {"cluster", 3, true, TakeCluster},
      {"gtid", 4, false, TakeGtid},
      {"restarted", 3, false, TakeRestarted},
      {"lost", 2, false, TakeLost},
      {"unnumbered", 2, false, TakeUnnumbered},
  };
  std::vector<std::string> fields = absl::StrSplit(line, '\t');
  for (std::string& field : fields) {
    const std::string escaped = std::exchange(field, {});
    if (!absl::CUnescape(escaped, &field)) return false;
  }
  return std::any_of(
      std::begin(kFields), std::end(kFields), [&](const Field& each) {
        return each.name == fields[0] && each.fields == fields.size() &&
               (!each.of_host || decoding->host != nullptr) &&
               each.take(fields, decoding);
      });
}

void AppendHost(const HostTraits& host, std::string* out) {
  AppendLine({"host", host.host, host.server_uid}, out);
  if (host.lsn.has_value()) AppendLine({"lsn", absl::StrCat(*host.lsn)}, out);
  if (host.lsn_flushed.has_value()) {
    AppendLine({"flushed", absl::StrCat(*host.lsn_flushed)}, out);
  }
  if (host.binlog.has_value()) {
    AppendLine({"binlog", host.binlog->file, absl::StrCat(host.binlog->offset)},
               out);
  }
  for (const auto& [table, time] : host.created) {
    AppendLine({"created", table.database, table.table, time}, out);
  }
  if (!host.cluster.empty()) {
    AppendLine({"cluster", host.cluster, absl::StrCat(host.cluster_committed)},
               out);
  }
}

}  // namespace

const HostTraits* AsItWas(const ReadBound& bound, const HostTraits& now) {
  const auto before = bound.hosts.find(now.host);
  return before != bound.hosts.end() &&
                 before->second.server_uid == now.server_uid
             ? &before->second
             : nullptr;
}

bool BinlogWentBack(const HostTraits& now, const HostTraits& before) {
  return now.binlog.has_value() && before.binlog.has_value() &&
         *now.binlog < *before.binlog;
}

ReadBound BoundAfter(const std::optional<ReadBound>& before,
                     const HostFacts& facts, Reading reading, bool unnumbered) {
  const std::string& host = facts.traits.host;
  ReadBound after = before.value_or(ReadBound{.gtids = {},
                                              .last = host,
                                              .hosts = {{host, facts.traits}},
                                              .restarted = {},
                                              .lost = {},
                                              .unnumbered = {}});
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
  const bool is_last =
      after.last == host && AsItWas(after, facts.traits) != nullptr;
  if (!is_last && !after.restarted.empty()) {
    // Its numbers are another count than those that are read from now on.
    if (!after.last.empty()) after.lost.insert(after.last);
    after.restarted.clear();
  }
  NoteRestarts(facts, &after);
  if (reading == Reading::kTaken) after.gtids.clear();
  RaiseGtids(facts.gtids, &after.gtids);
  after.last = host;
  after.hosts[host] = facts.traits;
  after.lost.erase(host);
  return after;
}

void FollowPositions(const HostFacts& facts, ReadBound* bound) {
  const HostTraits& now = facts.traits;
  const HostTraits* before = AsItWas(*bound, now);
  if (now.host != bound->last || before == nullptr) return;
  if (BinlogWentBack(now, *before)) NoteRestarts(facts, bound);
  HostTraits& last = bound->hosts[now.host];
  last.lsn = now.lsn;
  last.lsn_flushed = now.lsn_flushed;
  last.binlog = now.binlog;
}

ReadBound Joined(ReadBound one, const ReadBound& other) {
  RaiseGtids(other.gtids, &one.gtids);
  // Of two hosts neither has all of it by being the last.
  if (one.last != other.last) one.last.clear();
  for (const auto& [name, traits] : other.hosts) {
    const auto [mine, is_new] = one.hosts.insert({name, traits});
    if (is_new) continue;
    HostTraits& host = mine->second;
    // Which of both came later is not known: of one server, what asks more.
    if (host.server_uid != traits.server_uid) {
      if (one.last == name) one.last.clear();
    } else if (host.lsn < traits.lsn) {
      host = traits;
    }
  }
  one.restarted.insert(other.restarted.begin(), other.restarted.end());
  one.lost.insert(other.lost.begin(), other.lost.end());
  one.unnumbered.insert(other.unnumbered.begin(), other.unnumbered.end());
  return one;
}

std::string EncodeReadBound(const ReadBound& bound) {
  std::string out = absl::StrCat(kVersion, "\n");
  if (!bound.last.empty()) AppendLine({"last", bound.last}, &out);
  for (const auto& [name, host] : bound.hosts) AppendHost(host, &out);
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
  Decoding decoding;
  for (const absl::string_view line : lines) {
    if (!TakeLine(line, &decoding)) return std::nullopt;
  }
  return std::move(decoding.bound);
}

Recollection Recall(const StoredReads& stored) {
  Recollection recollection;
  recollection.damaged = stored.unknown;
  for (const auto& [map, bytes] : stored.bounds) {
    std::optional<ReadBound> bound;
    if (bytes.has_value()) bound = DecodeReadBound(*bytes);
    if (!bound.has_value()) {
      recollection.damaged = true;
    } else if (!recollection.bound.has_value()) {
      recollection.bound = std::move(bound);
    } else {
      recollection.bound = Joined(*std::move(recollection.bound), *bound);
    }
  }
  if (recollection.damaged) recollection.bound.reset();
  return recollection;
}

}  // namespace postmirror
