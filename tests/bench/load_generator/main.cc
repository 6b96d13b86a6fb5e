// Asks a server for keys and says what that cost, in one line of JSON. Started
// by tests/bench/run.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/status/status.h"
#include "schema/runtime/exit_code.h"
#include "tests/bench/load_generator/exchange.h"
#include "tests/bench/load_generator/key_order.h"
#include "tests/bench/load_generator/load.h"

ABSL_FLAG(std::string, protocol, "",
          "tcp_table, socketmap:MAP, memcached, redis, or null:REPLY");
ABSL_FLAG(std::string, address, "", "unix:PATH or inet:IPV4:PORT");
ABSL_FLAG(std::string, entries, "", "file of lines `key TAB value`");
ABSL_FLAG(size_t, first, 0, "only so many of the entries; 0 is all");
ABSL_FLAG(double, misses, 0, "share of the keys that nobody has");
ABSL_FLAG(std::string, extension, "", "asked for in each address, as +news");
ABSL_FLAG(double, zipf, 0, "exponent of Zipf's law; 0 is uniform");
ABSL_FLAG(int, connections, 1, "each has one request under way");
ABSL_FLAG(int, milliseconds, 500, "that are measured");
ABSL_FLAG(int, warm_up, 100, "milliseconds that are not");
ABSL_FLAG(bool, spin, false, "poll rather than sleep");
ABSL_FLAG(int, server, 0, "process whose CPU time is counted");
ABSL_FLAG(int, seed, 1, "of the keys' order");

namespace postmirror {
namespace {

double Micros(Nanoseconds time) {
  return static_cast<double>(time.count()) / 1000;
}

void Print(LoadFigures figures) {
  std::vector<uint32_t>& latencies = figures.latencies;
  std::sort(latencies.begin(), latencies.end());
  const auto percentile = [&](double share) {
    const auto rank =
        static_cast<size_t>(share * static_cast<double>(latencies.size() - 1));
    return latencies[rank] / 1000.0;
  };
  const auto requests = static_cast<double>(figures.requests);
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.6f, \"per_second\": %.1f, "
      "\"server_cpu_us\": %.4f, \"own_us\": %.4f, \"p50_us\": %.1f, "
      "\"p90_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f}\n",
      figures.requests, Micros(figures.elapsed) / 1e6,
      requests / Micros(figures.elapsed) * 1e6,
      Micros(figures.server_cpu) / requests, Micros(figures.busy) / requests,
      percentile(0.5), percentile(0.9), percentile(0.99), percentile(1));
}

absl::Status Run() {
  const auto protocol = ExchangeProtocol::Parse(absl::GetFlag(FLAGS_protocol));
  if (!protocol.ok()) return protocol.status();
  const auto exchanges =
      ReadExchanges(absl::GetFlag(FLAGS_entries), *protocol,
                    {.first = absl::GetFlag(FLAGS_first),
                     .misses = absl::GetFlag(FLAGS_misses),
                     .extension = absl::GetFlag(FLAGS_extension)});
  if (!exchanges.ok()) return exchanges.status();
  const std::vector<uint32_t> order =
      DrawKeys(exchanges->size(), absl::GetFlag(FLAGS_zipf),
               static_cast<uint64_t>(absl::GetFlag(FLAGS_seed)));
  Load load(*exchanges, order, absl::GetFlag(FLAGS_spin));
  if (absl::Status connected =
          load.Connect(absl::GetFlag(FLAGS_address),
                       static_cast<size_t>(absl::GetFlag(FLAGS_connections)));
      !connected.ok()) {
    return connected;
  }
  absl::StatusOr<LoadFigures> figures =
      load.Run(std::chrono::milliseconds(absl::GetFlag(FLAGS_warm_up)),
               std::chrono::milliseconds(absl::GetFlag(FLAGS_milliseconds)),
               absl::GetFlag(FLAGS_server));
  if (!figures.ok()) return figures.status();
  if (figures->requests == 0) return absl::UnavailableError("no reply");
  Print(*std::move(figures));
  return absl::OkStatus();
}

}  // namespace
}  // namespace postmirror

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("asks a server for keys, says what that cost");
  absl::ParseCommandLine(argc, argv);
  const absl::Status status = postmirror::Run();
  if (!status.ok()) {
    std::fprintf(stderr, "load_generator: %s\n",
                 std::string(status.message()).c_str());
  }
  return postmirror::ExitCode(status);
}
