#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proxy/protocol/socketmap_codec.h"
#include "proxy/protocol/tcp_table_codec.h"
#include "tests/bench/micro/suite.h"

namespace postmirror {
namespace {

constexpr absl::string_view kKey = "anna.meyer4711@shop2342.example";
constexpr absl::string_view kValue = "user815@shop2342.example";
constexpr char kParameter[] = "virtual_alias_maps";

void Take(const Codec& codec, absl::string_view bytes,
          benchmark::State* state) {
  Request request;
  for ([[maybe_unused]] auto _ : *state) {
    absl::string_view input = bytes;
    benchmark::DoNotOptimize(input);
    if (codec.Take(&input, &request) != Progress::kComplete ||
        request.text != kKey) {
      state->SkipWithError("the request was not understood");
      break;
    }
  }
}

void Reply(const Codec& codec, absl::string_view right,
           benchmark::State* state) {
  std::string output;
  for ([[maybe_unused]] auto _ : *state) {
    output.clear();
    codec.AppendReply(Outcome::kFound, kValue, &output);
    benchmark::DoNotOptimize(output);
    if (output.size() != right.size()) {
      state->SkipWithError("the reply is of another length");
      break;
    }
  }
  if (output != right) state->SkipWithError("the reply is another one");
}

std::string Netstring(absl::string_view payload) {
  return absl::StrCat(payload.size(), ":", payload, ",");
}

}  // namespace

void AddCodecBenchmarks(Suite* suite) {
  suite->Add("codec: take a socketmap request", [](benchmark::State& state) {
    Take(SocketmapCodec({kParameter}),
         Netstring(absl::StrCat(kParameter, " ", kKey)), &state);
  });
  suite->Add("codec: take a tcp_table request", [](benchmark::State& state) {
    Take(TcpTableCodec(0), absl::StrCat("get ", kKey, "\n"), &state);
  });
  suite->Add("codec: append a socketmap reply", [](benchmark::State& state) {
    Reply(SocketmapCodec({kParameter}), Netstring(absl::StrCat("OK ", kValue)),
          &state);
  });
  suite->Add("codec: append a tcp_table reply", [](benchmark::State& state) {
    Reply(TcpTableCodec(0), absl::StrCat("200 ", kValue, "\n"), &state);
  });
}

}  // namespace postmirror
