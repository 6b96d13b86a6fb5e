// One request and the reply that it has to get, as bytes, made before the clock
// starts.
#ifndef POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_EXCHANGE_H_
#define POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_EXCHANGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

struct Exchange {
  std::string request;
  std::string reply;
};

// Renders one lookup; `value` is nullopt where the key must not be found.
class ExchangeProtocol {
 public:
  // `name`: tcp_table, memcached, redis, socketmap:MAP, or null:REPLY, which is
  // a request of socketmap and always that reply. kOutOfRange for another one.
  static absl::StatusOr<ExchangeProtocol> Parse(absl::string_view name);

  Exchange Render(absl::string_view key,
                  std::optional<absl::string_view> value) const;

 private:
  enum class Kind { kTcpTable, kSocketmap, kMemcached, kRedis, kNull };

  ExchangeProtocol(Kind kind, absl::string_view detail)
      : kind_(kind), detail_(detail) {}

  Kind kind_;
  std::string detail_;  // the map's name, or the fixed reply
};

struct LookupKinds {
  size_t first = 0;       // only so many lines are asked for; 0 is all
  double misses = 0;      // this share is of keys that nobody has
  std::string extension;  // asked for in each address, such as "+news"
};

// Renders a lookup for each line `key TAB value` of the file. A value has to
// get the extension that its key was asked with, as an alias does.
absl::StatusOr<std::vector<Exchange>> ReadExchanges(
    const std::string& path, const ExchangeProtocol& protocol,
    const LookupKinds& kinds);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_BENCH_LOAD_GENERATOR_EXCHANGE_H_
