// All that the proxy does for a request that no kept reply answers, from the
// bytes that came in to those that go out: what is left besides is the
// kernel's.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proxy/connection.h"
#include "proxy/protocol/socketmap_codec.h"
#include "schema/config/config.h"
#include "schema/lookup/parameter_lookup.h"
#include "tests/bench/micro/filled_store.h"
#include "tests/bench/micro/suite.h"

namespace postmirror {
namespace {

constexpr size_t kEntries = 10'000;
constexpr char kParameter[] = "virtual_alias_maps";

struct Case {
  bool hits;
  bool with_extension;
  absl::string_view reply;  // which every reply has in it
};

std::vector<std::string> Requests(const FilledStore& store,
                                  const Case& wanted) {
  std::vector<std::string> requests;
  for (const std::string& key : wanted.hits ? store.hits() : store.misses()) {
    const std::string asked = wanted.with_extension
                                  ? absl::StrReplaceAll(key, {{"@", "+list@"}})
                                  : key;
    const std::string payload = absl::StrCat(kParameter, " ", asked);
    requests.push_back(absl::StrCat(payload.size(), ":", payload, ","));
  }
  return requests;
}

void Answer(FilledStore* store, const Case& wanted, benchmark::State* state) {
  if (store == nullptr) return state->SkipWithError("there is no store");
  Config config;
  config.search.recipient_delimiter = "+";
  config.served = {
      {.parameter = FindParameter(kParameter), .maps = {FilledStore::kMap}}};
  ParameterLookup lookups(config, store->reader());
  const auto lookup = [&lookups](size_t served, absl::string_view key,
                                 std::string* value) {
    return lookups.Lookup(served, key, value);
  };
  const std::vector<std::string> requests = Requests(*store, wanted);
  const SocketmapCodec codec({kParameter});
  Connection connection(&codec);
  ReplyBuffers buffers;
  size_t next = 0;
  for ([[maybe_unused]] auto _ : *state) {
    lookups.Begin();
    connection.Receive(requests[next], lookup, &buffers);
    connection.Keep("");
    lookups.End();
    if (!absl::StrContains(buffers.output, wanted.reply)) {
      state->SkipWithError("a reply is wrong");
      break;
    }
    if (++next == requests.size()) next = 0;
  }
}

}  // namespace

void AddConnectionBenchmarks(FilledStores* stores, Suite* suite) {
  const auto add = [=](const std::string& name, Case wanted) {
    suite->Add(absl::StrCat("request to reply: ", name),
               [=](benchmark::State& state) {
                 Answer(stores->Get(kEntries), wanted, &state);
               });
  };
  add("hit in 10k", {true, false, ":OK user"});
  add("plus-addressed hit in 10k", {true, true, "+list@mail"});
  add("miss in 10k, two candidates", {false, false, ":NOTFOUND "});
  add("miss in 10k, three candidates", {false, true, ":NOTFOUND "});
}

}  // namespace postmirror
