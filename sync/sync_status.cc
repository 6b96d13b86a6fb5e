#include "sync/sync_status.h"

#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "schema/runtime/digest.h"
#include "sync/small_file.h"

namespace postmirror {
namespace {

constexpr absl::string_view kFileName = "sync.status";
constexpr absl::string_view kChecksumName = "checksum = ";

void AppendLine(absl::string_view name, absl::string_view value,
                std::string* out) {
  absl::StrAppend(out, name, " = ", absl::StrReplaceAll(value, {{"\n", "; "}}),
                  "\n");
}

// Three lines, their names led by `prefix`.
void AppendMoment(absl::string_view prefix, const Moment& moment,
                  std::string* out) {
  AppendLine(absl::StrCat(prefix, "_boot_id"), moment.boot_id, out);
  AppendLine(absl::StrCat(prefix, "_since_boot_ns"),
             absl::StrCat(absl::ToInt64Nanoseconds(moment.since_boot)), out);
  AppendLine(absl::StrCat(prefix, "_wall_ns"),
             absl::StrCat(absl::ToUnixNanos(moment.wall)), out);
}

void AppendMap(const MapStatus& map, std::string* out) {
  AppendLine("map", map.name, out);
  if (map.confirmed.has_value()) {
    AppendMoment("confirmed", *map.confirmed, out);
  }
  if (map.entries.has_value()) {
    AppendLine("entries", absl::StrCat(*map.entries), out);
  }
  if (!map.held_digest.empty()) {
    AppendLine("held_removals", absl::StrCat(map.held_removals), out);
    AppendLine("held_values", absl::StrCat(map.held_values), out);
    if (map.held_additions.has_value()) {
      AppendLine("held_additions", absl::StrCat(*map.held_additions), out);
    }
    AppendLine("held_digest", map.held_digest, out);
    AppendLine("held_reason", map.held_reason, out);
  }
  if (map.waiting_removals + map.waiting_additions > 0) {
    AppendLine("waiting_removals", absl::StrCat(map.waiting_removals), out);
    AppendLine("waiting_additions", absl::StrCat(map.waiting_additions), out);
  }
  if (!map.broken.empty()) AppendLine("broken", map.broken, out);
  if (map.broken_since.has_value()) {
    AppendMoment("broken_since", *map.broken_since, out);
  }
}

bool TakeMoment(absl::string_view name, absl::string_view value,
                Moment* moment) {
  if (name == "boot_id") {
    moment->boot_id = std::string(value);
    return true;
  }
  int64_t nanoseconds = 0;
  if (!absl::SimpleAtoi(value, &nanoseconds)) return false;
  if (name == "since_boot_ns") {
    moment->since_boot = absl::Nanoseconds(nanoseconds);
  } else if (name == "wall_ns") {
    moment->wall = absl::FromUnixNanos(nanoseconds);
  } else {
    return false;
  }
  return true;
}

// Takes the lines one by one; a "hosts" line begins a server, a "map" line a
// map.
class Decoder {
 public:
  bool Take(absl::string_view name, absl::string_view value) {
    const std::map<absl::string_view, std::string*> fields = {
        {"store_fault", &status_.store_fault},
        {"store_doubt", &status_.store_doubt},
        {"data_file", &status_.data_file}};
    if (const auto field = fields.find(name); field != fields.end()) {
      *field->second = std::string(value);
      return true;
    }
    if (name == "hosts") {
      status_.servers.emplace_back().hosts = std::string(value);
      return true;
    }
    if (status_.servers.empty()) return false;
    ServerStatus& server = status_.servers.back();
    if (name == "map") {
      server.maps.emplace_back().name = std::string(value);
      return true;
    }
    if (server.maps.empty()) return TakeServer(name, value, &server);
    return TakeMap(name, value, &server.maps.back());
  }

  SyncStatus status() && { return std::move(status_); }

 private:
  static bool TakeServer(absl::string_view name, absl::string_view value,
                         ServerStatus* server) {
    if (name == "as_configured") {
      server->as_configured = value == "1";
      return server->as_configured || value == "0";
    }
    const std::map<absl::string_view, std::string*> fields = {
        {"server", &server->server},
        {"change_source", &server->change_source},
        {"reason", &server->reason},
        {"doubt", &server->doubt},
        {"unfit", &server->unfit},
        {"error", &server->error},
        {"last_error", &server->last_error}};
    const auto field = fields.find(name);
    if (field == fields.end()) return false;
    *field->second = std::string(value);
    return true;
  }

  static bool TakeMap(absl::string_view name, absl::string_view value,
                      MapStatus* map) {
    const std::map<absl::string_view, uint64_t*> counts = {
        {"held_removals", &map->held_removals},
        {"held_values", &map->held_values},
        {"waiting_removals", &map->waiting_removals},
        {"waiting_additions", &map->waiting_additions}};
    const std::map<absl::string_view, std::string*> texts = {
        {"held_digest", &map->held_digest},
        {"held_reason", &map->held_reason},
        {"broken", &map->broken}};
    if (const auto count = counts.find(name); count != counts.end()) {
      return absl::SimpleAtoi(value, count->second);
    }
    if (const auto text = texts.find(name); text != texts.end()) {
      *text->second = std::string(value);
      return true;
    }
    if (absl::ConsumePrefix(&name, "broken_since_")) {
      if (!map->broken_since.has_value()) map->broken_since.emplace();
      return TakeMoment(name, value, &*map->broken_since);
    }
    if (name == "entries") {
      return absl::SimpleAtoi(value, &map->entries.emplace());
    }
    if (name == "held_additions") {
      return absl::SimpleAtoi(value, &map->held_additions.emplace());
    }
    if (name == "largest_entries") {
      return absl::SimpleAtoi(value, &map->largest.emplace().entries);
    }
    if (absl::ConsumePrefix(&name, "confirmed_")) {
      if (!map->confirmed.has_value()) map->confirmed.emplace();
      return TakeMoment(name, value, &*map->confirmed);
    }
    return absl::ConsumePrefix(&name, "largest_") && map->largest.has_value() &&
           TakeMoment(name, value, &map->largest->when);
  }

  SyncStatus status_;
};

bool IsHeld(const SyncStatus& status) {
  for (const ServerStatus& server : status.servers) {
    for (const MapStatus& map : server.maps) {
      if (!map.held_digest.empty()) return true;
    }
  }
  return false;
}

}  // namespace

std::string EncodeSyncStatus(const SyncStatus& status) {
  std::string out;
  if (!status.store_fault.empty()) {
    AppendLine("store_fault", status.store_fault, &out);
  }
  if (!status.store_doubt.empty()) {
    AppendLine("store_doubt", status.store_doubt, &out);
  }
  if (!status.data_file.empty()) {
    AppendLine("data_file", status.data_file, &out);
  }
  for (const ServerStatus& server : status.servers) {
    AppendLine("hosts", server.hosts, &out);
    AppendLine("server", server.server, &out);
    AppendLine("change_source", server.change_source, &out);
    AppendLine("reason", server.reason, &out);
    AppendLine("as_configured", server.as_configured ? "1" : "0", &out);
    AppendLine("doubt", server.doubt, &out);
    AppendLine("unfit", server.unfit, &out);
    AppendLine("error", server.error, &out);
    AppendLine("last_error", server.last_error, &out);
    for (const MapStatus& map : server.maps) AppendMap(map, &out);
  }
  absl::StrAppend(&out, kChecksumName, DigestText(out), "\n");
  return out;
}

absl::StatusOr<SyncStatus> DecodeSyncStatus(absl::string_view text) {
  const absl::Status damaged =
      absl::DataLossError("the status of sync is damaged");
  const size_t last = text.rfind(kChecksumName);
  if (last == absl::string_view::npos) return damaged;
  const absl::string_view lines = text.substr(0, last);
  if (text.substr(last) !=
      absl::StrCat(kChecksumName, DigestText(lines), "\n")) {
    return damaged;
  }
  Decoder decoder;
  for (absl::string_view line :
       absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(" = ", 1));
    if (!decoder.Take(parts.first, parts.second)) return damaged;
  }
  return std::move(decoder).status();
}

absl::Status WriteSyncStatus(absl::string_view folder,
                             const SyncStatus& status) {
  const std::string path = absl::StrCat(folder, "/", kFileName);
  const std::string text = EncodeSyncStatus(status);
  // Not only when it is held: the file of the next second takes its place.
  return IsHeld(status) ? ReplaceFileOnDisk(path, text)
                        : ReplaceFile(path, text);
}

void RemoveSyncStatus(absl::string_view folder) {
  std::error_code ignored;
  std::filesystem::remove(std::string(folder) + "/" + std::string(kFileName),
                          ignored);
}

absl::StatusOr<SyncStatus> ReadSyncStatus(absl::string_view folder) {
  const absl::StatusOr<std::string> text =
      ReadSmallFile(absl::StrCat(folder, "/", kFileName));
  if (!text.ok()) return text.status();
  return DecodeSyncStatus(*text);
}

}  // namespace postmirror
