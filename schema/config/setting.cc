#include "schema/config/setting.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "schema/config/cf_errors.h"
#include "schema/config/cf_value.h"

namespace postmirror {
namespace {

// Moves a parsed value to its place, or hands on why there is none.
template <typename T, typename U>
absl::Status Store(const absl::StatusOr<T>& parsed, U* place) {
  if (!parsed.ok()) return parsed.status();
  *place = static_cast<U>(*parsed);
  return absl::OkStatus();
}

absl::Status ApplyFolder(absl::string_view value, std::string* place) {
  absl::Status status = CheckAbsolutePath(value);
  if (!status.ok()) return status;
  while (value.size() > 1 && absl::ConsumeSuffix(&value, "/")) continue;
  if (value == "/") {
    return absl::InvalidArgumentError(
        "is the root of all files, write a folder of its own");
  }
  *place = std::string(value);
  return absl::OkStatus();
}

absl::Status ApplyStore(absl::string_view value, Config* config) {
  return ApplyFolder(value, &config->store);
}

absl::Status ApplyStatusFolder(absl::string_view value, Config* config) {
  return ApplyFolder(value, &config->status_folder);
}

absl::Status ApplyStatusSocket(absl::string_view value, Config* config) {
  if (!value.empty()) {
    absl::Status status = CheckAbsolutePath(value);
    if (!status.ok()) return status;
  }
  config->status_socket = std::string(value);
  return absl::OkStatus();
}

// Any set of characters, as in Postfix.
absl::Status ApplyRecipientDelimiter(absl::string_view value, Config* config) {
  config->search.recipient_delimiter = std::string(value);
  return absl::OkStatus();
}

absl::Status ApplyPropagation(absl::string_view value, Config* config) {
  // postconf(5). Those after virtual do not concern what is served here.
  constexpr absl::string_view kWords[] = {"canonical", "virtual", "alias",
                                          "forward",   "include", "generic"};
  const std::vector<std::string> words = SplitList(value);
  for (const std::string& word : words) {
    if (std::find(std::begin(kWords), std::end(kWords), word) ==
        std::end(kWords)) {
      return absl::InvalidArgumentError(
          absl::StrCat("holds ", Quoted(word),
                       ", which Postfix does not know, write any of canonical, "
                       "virtual, alias, forward, include, generic"));
    }
  }
  config->search.propagate_unmatched_extensions = words;
  return absl::OkStatus();
}

absl::Status ApplyOwnerRequestSpecial(absl::string_view value, Config* config) {
  return Store(ParseYesNo(value), &config->search.owner_request_special);
}

absl::Status ApplyDoubleBounceSender(absl::string_view value, Config* config) {
  if (value.empty()) {
    return absl::InvalidArgumentError(
        "is empty, and Postfix wants a name, write one or remove the line");
  }
  config->search.double_bounce_sender = std::string(value);
  return absl::OkStatus();
}

absl::Status ApplySmtputf8Enable(absl::string_view value, Config* config) {
  return Store(ParseYesNo(value), &config->search.smtputf8_enable);
}

// myhostname and mydomain are used by what refers to them (ExpandedEntry).
absl::Status ApplyHostName(absl::string_view value, Config*) {
  if (SplitList(value).size() <= 1 && !absl::StrContains(value, '/')) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "is not one name, write the one that Postfix has");
}

absl::Status ApplyChangeSource(absl::string_view value, Config* config) {
  if (value == "auto") {
    config->change_source = ChangeSource::kAuto;
  } else if (value == "binlog") {
    config->change_source = ChangeSource::kBinlog;
  } else if (value == "lsn") {
    config->change_source = ChangeSource::kLsn;
  } else if (value == "interval") {
    config->change_source = ChangeSource::kInterval;
  } else {
    return absl::InvalidArgumentError(
        "is no source of changes, write auto, binlog, lsn or interval");
  }
  return absl::OkStatus();
}

absl::Status ApplyServerId(absl::string_view value, Config* config) {
  constexpr int64_t kLargest = std::numeric_limits<uint32_t>::max();
  const absl::StatusOr<int64_t> id = ParseInteger(value, 1, kLargest);
  if (!id.ok()) return id.status();
  config->server_id = static_cast<uint32_t>(*id);
  return absl::OkStatus();
}

absl::Status ApplyLsnPollInterval(absl::string_view value, Config* config) {
  return Store(ParseTime(value, absl::Milliseconds(1), absl::Minutes(1)),
               &config->lsn_poll_interval);
}

absl::Status ApplyReconcileInterval(absl::string_view value, Config* config) {
  return Store(ParseTime(value, absl::Milliseconds(100), absl::Hours(7 * 24)),
               &config->reconcile_interval);
}

absl::Status ApplyConnectTimeout(absl::string_view value, Config* config) {
  return Store(ParseTime(value, absl::Seconds(1), absl::Hours(1)),
               &config->connect_timeout);
}

absl::Status ApplyReadTimeout(absl::string_view value, Config* config) {
  return Store(ParseTime(value, absl::Seconds(1), absl::Hours(1)),
               &config->read_timeout);
}

absl::Status ApplyHostWait(absl::string_view value, Config* config) {
  return Store(ParseTime(value, absl::Seconds(1), absl::Hours(1)),
               &config->host_wait);
}

absl::Status ApplyMaxShrink(absl::string_view value, Config* config) {
  return Store(ParsePercent(value), &config->max_shrink);
}

absl::Status ApplyMapMemoryLimit(absl::string_view value, Config* config) {
  return Store(ParseSize(value, uint64_t{1} << 20, uint64_t{1} << 40),
               &config->map_memory_limit);
}

absl::Status ApplyBrokenMapCritical(absl::string_view value, Config* config) {
  return Store(ParseTime(value, absl::ZeroDuration(), absl::Hours(7 * 24)),
               &config->broken_map_critical);
}

absl::Status ApplyProxyThreads(absl::string_view value, Config* config) {
  return Store(ParseInteger(value, 1, 64), &config->proxy_threads);
}

absl::Status ApplyClientLimit(absl::string_view value, Config* config) {
  return Store(ParseInteger(value, 1, 1000000), &config->client_limit);
}

absl::Status ApplyUnixSocketOwner(absl::string_view value, Config* config) {
  config->unix_socket_owner = std::string(value);
  return absl::OkStatus();
}

absl::Status ApplyUnixSocketGroup(absl::string_view value, Config* config) {
  config->unix_socket_group = std::string(value);
  return absl::OkStatus();
}

absl::Status ApplyUnixSocketMode(absl::string_view value, Config* config) {
  return Store(ParseMode(value), &config->unix_socket_mode);
}

absl::Status ApplyMetricsListen(absl::string_view value,
                                std::optional<HostPort>* place) {
  place->reset();
  if (value.empty()) return absl::OkStatus();
  return Store(ParseHostPort(value), place);
}

absl::Status ApplySyncMetricsListen(absl::string_view value, Config* config) {
  return ApplyMetricsListen(value, &config->sync_metrics_listen);
}

absl::Status ApplyProxyMetricsListen(absl::string_view value, Config* config) {
  return ApplyMetricsListen(value, &config->proxy_metrics_listen);
}

constexpr Setting kSettings[] = {
    {"store", ApplyStore},
    {"status_folder", ApplyStatusFolder},
    {"status_socket", ApplyStatusSocket},
    {"recipient_delimiter", ApplyRecipientDelimiter},
    {"propagate_unmatched_extensions", ApplyPropagation},
    {"owner_request_special", ApplyOwnerRequestSpecial},
    {"double_bounce_sender", ApplyDoubleBounceSender},
    {"smtputf8_enable", ApplySmtputf8Enable},
    {"myhostname", ApplyHostName},
    {"mydomain", ApplyHostName},
    {"change_source", ApplyChangeSource},
    {"server_id", ApplyServerId},
    {"lsn_poll_interval", ApplyLsnPollInterval},
    {"reconcile_interval", ApplyReconcileInterval},
    {"connect_timeout", ApplyConnectTimeout},
    {"read_timeout", ApplyReadTimeout},
    {"host_wait", ApplyHostWait},
    {"max_shrink", ApplyMaxShrink},
    {"map_memory_limit", ApplyMapMemoryLimit},
    {"broken_map_critical", ApplyBrokenMapCritical},
    {"proxy_threads", ApplyProxyThreads},
    {"client_limit", ApplyClientLimit},
    {"unix_socket_owner", ApplyUnixSocketOwner},
    {"unix_socket_group", ApplyUnixSocketGroup},
    {"unix_socket_mode", ApplyUnixSocketMode},
    {"sync_metrics_listen", ApplySyncMetricsListen},
    {"proxy_metrics_listen", ApplyProxyMetricsListen},
};

}  // namespace

const Setting* FindSetting(absl::string_view name) {
  for (const Setting& setting : kSettings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

}  // namespace postmirror
