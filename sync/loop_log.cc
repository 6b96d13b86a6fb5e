#include "sync/loop_log.h"

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// A server that cannot be reached says so in several ways, one after the other.
bool IsSameFault(const absl::Status& one, const absl::Status& other) {
  return one.code() == other.code() &&
         (absl::IsUnavailable(one) || one.message() == other.message());
}

}  // namespace

void LoopLog::Broken(const absl::Status& status) {
  const Moment now = clock_.Now();
  // As of somebody who serves MariaDB's socket in its place.
  const bool cannot_wait = absl::IsFailedPrecondition(status);
  if (broken_.has_value() &&
      (IsSameFault(*broken_, status) ||
       (Elapsed(broken_logged_, now) < absl::Minutes(1) && !cannot_wait))) {
    return;
  }
  broken_ = status;
  broken_logged_ = now;
  logger_.Error(absl::StrCat(
      status.message(),
      "; lookups are answered from what the store has, trying again"));
}

void LoopLog::Healthy(absl::string_view server) {
  if (broken_.has_value()) {
    logger_.Notice(absl::StrCat("server ", server, ": is read again"));
  } else if (!server_.empty() && server_ != server) {
    logger_.Notice(
        absl::StrCat("server ", server, ": is read now, not ", server_));
  }
  broken_.reset();
  server_ = std::string(server);
}

void LoopLog::Source(absl::string_view name, absl::string_view reason,
                     bool as_configured) {
  const std::string source = absl::StrCat("change source ", name, ": ", reason);
  if (source == source_) return;
  source_ = source;
  if (as_configured) {
    logger_.Info(source);
  } else {
    logger_.Warning(
        absl::StrCat("the configured change source cannot be used; ", source));
  }
}

void LoopLog::BrokenMap(const std::string& map, absl::string_view why) {
  if (!broken_maps_.insert(map).second) return;
  logger_.Error(
      absl::StrCat("map ", map, ": is broken: ", why,
                   "; it keeps its entries and is asked for again, and until "
                   "it can be read, "
                   "removals and new domains of the server's other maps wait"));
}

void LoopLog::MendedMap(const std::string& map) {
  if (broken_maps_.erase(map) == 0) return;
  logger_.Notice(absl::StrCat("map ", map, ": can be read again"));
}

void LoopLog::Advice(const std::string& advice) {
  if (!advice.empty()) Once(advice);
}

void LoopLog::Untold(absl::string_view map, uint64_t changes,
                     absl::string_view source, bool gives_up) {
  logger_.Warning(absl::StrCat(
      "map ", map, ": ", changes, " entries differed though the ", source,
      " told of nothing: someone writes with sql_log_bin = 0, or a setting "
      "keeps changes out of the ",
      source,
      gives_up ? "; another change source is taken"
               : "; such changes are found every reconcile_interval only"));
}

void LoopLog::Doubt(const std::string& doubt) {
  if (doubt == doubt_) return;
  doubt_ = doubt;
  if (doubt.empty()) {
    logger_.Notice(
        "the host that is read has all that was read before, or it was "
        "accepted");
  } else {
    logger_.Error(doubt);
  }
}

void LoopLog::ServerIdTaken(uint32_t server_id) {
  logger_.Warning(absl::StrCat(
      "another replica of the server has the server_id ", server_id,
      " too, going on with another one: set server_id in postmirror.cf to a "
      "number that is nobody else's"));
}

void LoopLog::ReplicaStateHidden() {
  Once(
      "whether the server is a replica that has stopped or is behind is not "
      "known, since the account may not ask SHOW SLAVE STATUS: grant it "
      "REPLICA MONITOR");
}

void LoopLog::Results(const std::vector<MapResult>& results) {
  for (const MapResult& result : results) {
    if (result.filled) {
      logger_.Notice(absl::StrCat("map ", result.map, ": filled, ",
                                  result.entries, " entries"));
    }
    if (result.held.has_value()) {
      Held(result.map, *result.held);
    } else if (held_.erase(result.map) > 0) {
      logger_.Notice(absl::StrCat("map ", result.map,
                                  ": is not held any more, ", result.entries,
                                  " entries"));
    }
  }
}

// Said once for a hold, and again when new keys begin to wait, or cease to.
void LoopLog::Held(const std::string& map, const HeldChanges& held) {
  const bool additions_wait = held.additions.has_value();
  const auto said = held_.find(map);
  if (said != held_.end() && said->second == additions_wait) return;
  held_[map] = additions_wait;
  logger_.Error(absl::StrCat(
      "map ", map, ": is held, since ", held.reason, "; ",
      additions_wait ? absl::StrCat(*held.additions, " new keys, ")
                     : "new keys are applied, ",
      held.removals, " removals and ", held.values,
      " changed values wait: restore the table, or run: postmirrorctl accept ",
      map));
}

void LoopLog::Oddities(const Snapshot& snapshot, bool knows_local_domains) {
  if (!snapshot.is_one_moment) {
    Once(
        "the groups of one server could not be read at one moment, it changes "
        "too "
        "quickly; give their map files the same user");
  }
  for (const MapSnapshot& map : snapshot.maps) {
    if (map.unstorable_rows > 0) {
      Once(
          absl::StrCat("map ", map.map->name,
                       ": rows whose key is over 511 bytes cannot be mirrored; "
                       "lookups of such keys are answered temporarily"));
    }
    if (map.map->address_search && map.has_local_part_keys &&
        !knows_local_domains) {
      Once(absl::StrCat(
          "map ", map.map->name,
          ": has keys without @, which are looked up only for local "
          "domains, and mydestination is empty: copy the values of "
          "mydestination and myorigin from `postconf`"));
    }
  }
}

void LoopLog::Once(const std::string& message) {
  if (said_.insert(message).second) logger_.Warning(message);
}

}  // namespace postmirror
