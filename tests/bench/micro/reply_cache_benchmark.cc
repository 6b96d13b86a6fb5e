// What the reply cache costs a lookup, and saves.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proxy/lookup/reply_cache.h"
#include "tests/bench/micro/suite.h"

namespace postmirror {
namespace {

constexpr size_t kKeys = 10000;
constexpr uint64_t kMoment = 1;
constexpr char kValue[] = "user12345@office1234.example";

std::vector<std::string> Keys() {
  std::vector<std::string> keys;
  keys.reserve(kKeys);
  for (size_t i = 0; i < kKeys; ++i) {
    keys.push_back(absl::StrCat("info.smith", i, "@web", i / 100, ".example"));
  }
  return keys;
}

void KeepAll(const std::vector<std::string>& keys, ReplyCache* cache) {
  for (const std::string& key : keys) {
    cache->Keep(kMoment, 0, key, Outcome::kFound, kValue);
  }
}

void Find(uint64_t moment, benchmark::State* state) {
  const std::vector<std::string> keys = Keys();
  ReplyCache cache;
  KeepAll(keys, &cache);
  std::string value;
  size_t next = 0;
  for ([[maybe_unused]] auto _ : *state) {
    benchmark::DoNotOptimize(cache.Find(moment, 0, keys[next], &value));
    if (++next == kKeys) next = 0;
  }
}

void Keep(benchmark::State* state) {
  const std::vector<std::string> keys = Keys();
  ReplyCache cache;
  size_t next = 0;
  for ([[maybe_unused]] auto _ : *state) {
    cache.Keep(kMoment, 0, keys[next], Outcome::kFound, kValue);
    benchmark::ClobberMemory();
    if (++next == kKeys) next = 0;
  }
}

}  // namespace

void AddReplyCacheBenchmarks(Suite* suite) {
  suite->Add("reply cache: find what is kept",
             [](benchmark::State& state) { Find(kMoment, &state); });
  suite->Add("reply cache: find nothing after a change",
             [](benchmark::State& state) { Find(kMoment + 1, &state); });
  suite->Add("reply cache: keep",
             [](benchmark::State& state) { Keep(&state); });
}

}  // namespace postmirror
