#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "schema/store/store_view.h"
#include "tests/bench/micro/filled_store.h"
#include "tests/bench/micro/suite.h"

namespace postmirror {
namespace {

constexpr char kNoStore[] = "there is no store";
constexpr char kWrong[] = "a reply is wrong";

enum class Wanted { kHits, kMisses };

const std::vector<std::string>& KeysOf(const FilledStore& store,
                                       Wanted wanted) {
  return wanted == Wanted::kHits ? store.hits() : store.misses();
}

void LookUp(FilledStore* store, Wanted wanted, benchmark::State* state) {
  if (store == nullptr) return state->SkipWithError(kNoStore);
  const std::vector<std::string>& keys = KeysOf(*store, wanted);
  const Outcome right =
      wanted == Wanted::kHits ? Outcome::kFound : Outcome::kNotFound;
  StoreView view(store->reader(), {FilledStore::kMap});
  view.Begin();
  std::string value;
  size_t next = 0;
  for ([[maybe_unused]] auto _ : *state) {
    if (view.Lookup(0, keys[next], &value) != right) {
      state->SkipWithError(kWrong);
      break;
    }
    benchmark::DoNotOptimize(value);
    if (++next == keys.size()) next = 0;
  }
  view.End();
}

void GetBare(FilledStore* store, Wanted wanted, benchmark::State* state) {
  if (store == nullptr) return state->SkipWithError(kNoStore);
  const std::vector<std::string>& keys = KeysOf(*store, wanted);
  size_t next = 0;
  for ([[maybe_unused]] auto _ : *state) {
    auto found = store->bare().Get(keys[next]);
    benchmark::DoNotOptimize(found);
    if (found.has_value() != (wanted == Wanted::kHits)) {
      state->SkipWithError(kWrong);
      break;
    }
    if (++next == keys.size()) next = 0;
  }
}

void BeginAndEnd(FilledStore* store, benchmark::State* state) {
  if (store == nullptr) return state->SkipWithError(kNoStore);
  StoreView view(store->reader(), {FilledStore::kMap});
  for ([[maybe_unused]] auto _ : *state) {
    view.Begin();
    if (!view.state().ok()) {
      state->SkipWithError(kWrong);
      break;
    }
    view.End();
  }
}

void AddSize(size_t entries, const std::string& size, FilledStores* stores,
             Suite* suite) {
  for (const Wanted wanted : {Wanted::kHits, Wanted::kMisses}) {
    const char* const what = wanted == Wanted::kHits ? "hit" : "miss";
    suite->Add(absl::StrCat("store: ", what, " in ", size),
               [=](benchmark::State& state) {
                 LookUp(stores->Get(entries), wanted, &state);
               });
    suite->Add(absl::StrCat("store: ", what, " in ", size, ", bare mdb_get"),
               [=](benchmark::State& state) {
                 GetBare(stores->Get(entries), wanted, &state);
               });
  }
}

}  // namespace

void AddStoreBenchmarks(size_t most_entries, FilledStores* stores,
                        Suite* suite) {
  suite->Add("store: begin and end a moment", [=](benchmark::State& state) {
    BeginAndEnd(stores->Get(10'000), &state);
  });
  AddSize(10'000, "10k", stores, suite);
  if (most_entries >= 1'000'000) AddSize(1'000'000, "1M", stores, suite);
  if (most_entries >= 10'000'000) AddSize(10'000'000, "10M", stores, suite);
}

}  // namespace postmirror
