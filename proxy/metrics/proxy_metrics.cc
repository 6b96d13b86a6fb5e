#include "proxy/metrics/proxy_metrics.h"

#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "schema/config/parameter.h"

namespace postmirror {
namespace {

using Type = MetricFamily::Type;

const char* NameOf(Protocol protocol) {
  switch (protocol) {
    case Protocol::kTcpTable:
      return "tcp_table";
    case Protocol::kSocketmap:
      return "socketmap";
  }
  return "";
}

const char* NameOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFound:
      return "found";
    case Outcome::kNotFound:
      return "not_found";
    case Outcome::kTemporary:
      return "temporary";
  }
  return "";
}

// A counter or gauge without labels.
MetricFamily Single(Type type, const char* name, const char* help,
                    double value) {
  MetricFamily family = {.type = type, .name = name, .help = help};
  family.Add({}, value);
  return family;
}

}  // namespace

ProxyMetrics::ProxyMetrics(size_t workers) {
  for (size_t i = 0; i < workers; ++i) {
    counts_.push_back(std::make_unique<LookupCounts>());
  }
}

void ProxyMetrics::Enable(bool enabled) {
  for (const auto& counts : counts_) counts->Enable(enabled);
}

void ProxyMetrics::CountReload(bool ok) { ++(ok ? reloads_ : failed_reloads_); }

std::vector<MetricFamily> ProxyMetrics::Collect(
    const Standing& standing) const {
  std::vector<MetricFamily> families;
  AddLookups(&families);
  AddDurations(&families);
  MetricFamily connections = {
      .type = Type::kGauge,
      .name = "postmirror_proxy_connections",
      .help =
          "Connections that are served, by the port or path of the listener.",
      .samples = {}};
  for (const auto& [listener, count] : standing.connections) {
    connections.Add({{"listener", listener}}, count);
  }
  families.push_back(std::move(connections));
  families.push_back(Single(Type::kCounter,
                            "postmirror_proxy_connections_accepted_total",
                            "Connections that were accepted and served.",
                            static_cast<double>(standing.accepted)));
  families.push_back(Single(
      Type::kCounter, "postmirror_proxy_connections_turned_away_total",
      "Connections beyond client_limit for which no other made room: they "
      "got one temporary answer.",
      static_cast<double>(standing.turned_away)));
  families.push_back(
      Single(Type::kGauge, "postmirror_proxy_client_limit",
             "How many connections each listener serves at once: client_limit, "
             "or what the limit of open files allows.",
             standing.client_limit));
  families.push_back(
      Single(Type::kGauge, "postmirror_proxy_store_open",
             "Whether the store is open; without it every lookup is temporary.",
             standing.store_open ? 1 : 0));
  AddReloads(&families);
  return families;
}

void ProxyMetrics::AddLookups(std::vector<MetricFamily>* families) const {
  const auto sum = [this](absl::FunctionRef<uint64_t(const LookupCounts&)> of) {
    uint64_t total = 0;
    for (const auto& counts : counts_) total += of(*counts);
    return static_cast<double>(total);
  };
  MetricFamily lookups = {
      .type = Type::kCounter,
      .name = "postmirror_proxy_lookups_total",
      .help = "Lookups that were answered, by what the answer was.",
      .samples = {}};
  MetricFamily refused = {
      .type = Type::kCounter,
      .name = "postmirror_proxy_refused_requests_total",
      .help =
          "Requests that were malformed, or for a name that is no "
          "parameter, or at an address that listen does not name.",
      .samples = {}};
  for (const Protocol protocol : LookupCounts::kProtocols) {
    for (size_t i = 0; i < Parameters().size(); ++i) {
      for (const Outcome outcome : LookupCounts::kOutcomes) {
        lookups.Add({{"protocol", NameOf(protocol)},
                     {"parameter", std::string(Parameters()[i].name)},
                     {"outcome", NameOf(outcome)}},
                    sum([&](const LookupCounts& counts) {
                      return counts.lookups(protocol, i, outcome);
                    }));
      }
    }
    refused.Add({{"protocol", NameOf(protocol)}},
                sum([&](const LookupCounts& counts) {
                  return counts.refused(protocol);
                }));
  }
  families->push_back(std::move(lookups));
  families->push_back(std::move(refused));
}

void ProxyMetrics::AddDurations(std::vector<MetricFamily>* families) const {
  std::vector<double> bounds;
  bounds.reserve(LookupCounts::kBoundsNanoseconds.size());
  for (const uint64_t bound : LookupCounts::kBoundsNanoseconds) {
    bounds.push_back(static_cast<double>(bound) / 1e9);
  }
  std::vector<uint64_t> durations(LookupCounts::kBuckets);
  uint64_t nanoseconds = 0;
  for (const auto& counts : counts_) {
    for (size_t i = 0; i < durations.size(); ++i) {
      durations[i] += counts->durations(i);
    }
    nanoseconds += counts->nanoseconds();
  }
  MetricFamily family = {
      .type = Type::kHistogram,
      .name = "postmirror_proxy_lookup_duration_seconds",
      .help =
          "From the parsing of a request to its outcome, without the "
          "socket.",
      .samples = {}};
  family.AddHistogram({}, bounds, durations,
                      static_cast<double>(nanoseconds) / 1e9);
  families->push_back(std::move(family));
}

void ProxyMetrics::AddReloads(std::vector<MetricFamily>* families) const {
  MetricFamily reloads = {.type = Type::kCounter,
                          .name = "postmirror_proxy_reloads_total",
                          .help = "Reloads of postmirror.cf.",
                          .samples = {}};
  reloads.Add({{"result", "ok"}}, static_cast<double>(reloads_.load()));
  reloads.Add({{"result", "failed"}},
              static_cast<double>(failed_reloads_.load()));
  families->push_back(std::move(reloads));
  MetricFamily build = {.type = Type::kGauge,
                        .name = "postmirror_proxy_build_info",
                        .help = "The version that runs; always 1.",
                        .samples = {}};
  build.Add({{"version", POSTMIRROR_VERSION}}, 1);
  families->push_back(std::move(build));
}

}  // namespace postmirror
