// The whole of a lookup, from the bytes of a request to those of its reply: a
// proxy that has warmed up allocates nothing for it, in no library either.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proxy/connection.h"
#include "proxy/lookup/wake_up_lookup.h"
#include "proxy/metrics/lookup_counts.h"
#include "proxy/protocol/codec_set.h"
#include "schema/runtime/clock.h"
#include "tests/proxy/postfix_client.h"
#include "tests/proxy/recording_logger.h"
#include "tests/schema/store/store_fixture.h"
#include "tests/support/allocation_count.h"

namespace postmirror {
namespace {

constexpr char kAliases[] = "/etc/postmirror/aliases.cf";
constexpr char kMailboxes[] = "/etc/postmirror/mailboxes.cf";
constexpr size_t kKeys = 300;

std::string User(size_t number) {
  return absl::StrCat("someone.with.a.name.", 1000 + number);
}

std::shared_ptr<const Config> AliasesConfig() {
  Config config;
  config.search.recipient_delimiter = "+";
  config.served = {{.parameter = FindParameter("virtual_alias_maps"),
                    .maps = {kAliases, kMailboxes}}};
  return std::make_shared<const Config>(std::move(config));
}

class AllocationTest : public ::testing::Test {
 protected:
  AllocationTest() {
    Entries aliases;
    for (size_t i = 0; i < kKeys; ++i) {
      aliases[User(i) + "@example.org"] = User(i) + "@mailboxes.example.net";
    }
    store_.Fill({{.name = kAliases, .values = aliases}, {.name = kMailboxes}});
    EXPECT_TRUE(reader_.Refresh().ok());
  }

  // Answers requests for kKeys addresses, each in a wake-up of its own, three
  // times. Returns what was allocated after the first time, in which buffers
  // grow. Every reply must hold `reply`.
  size_t Count(const Codec& codec, absl::string_view reply,
               absl::FunctionRef<std::string(size_t)> render) {
    std::vector<std::string> requests;
    requests.reserve(kKeys);
    for (size_t i = 0; i < kKeys; ++i) requests.push_back(render(i));
    Connection connection(&codec);
    ReplyBuffers buffers;
    LookupCounts counts;
    counts.Enable(true);
    buffers.counts = &counts;
    size_t before = 0;
    size_t answered = 0;
    for (size_t i = 0; i < 3 * kKeys; ++i) {
      if (i == kKeys) before = AllocationCount();
      connection.Receive(
          requests[i % kKeys],
          [this](size_t served, absl::string_view key, std::string* value) {
            return lookup_.Lookup(served, key, value);
          },
          &buffers);
      connection.Keep("");
      lookup_.End();
      if (absl::StrContains(buffers.output, reply)) ++answered;
    }
    const size_t allocations = AllocationCount() - before;
    EXPECT_EQ(answered, 3 * kKeys) << buffers.output;
    uint64_t counted = 0;
    for (const Protocol protocol : LookupCounts::kProtocols) {
      for (const Outcome outcome : LookupCounts::kOutcomes) {
        counted += counts.lookups(
            protocol, IndexOf(*FindParameter("virtual_alias_maps")), outcome);
      }
    }
    EXPECT_EQ(counted, 3 * kKeys) << "to count allocates nothing either";
    return allocations;
  }

  TemporaryStore store_;
  StoreReader reader_{store_.path()};
  const SystemClock clock_;
  RecordingLogger logger_;
  WakeUpLookup lookup_{AliasesConfig(), &reader_, &clock_, &logger_};
  const CodecSet codecs_;
  const Codec& tcp_table_ = *codecs_.Named("tcp_table-virtual_alias_maps");
  const Codec& socketmap_ = *codecs_.Named("socketmap");
};

TEST_F(AllocationTest, CountsWhatIsAllocated) {
  const size_t before = AllocationCount();
  const std::vector<int> allocated(1000);
  EXPECT_EQ(AllocationCount() - before, 1u);
}

TEST_F(AllocationTest, AFoundAddressAllocatesNothing) {
  EXPECT_EQ(Count(tcp_table_, "@mailboxes.example.net\n",
                  [](size_t i) {
                    return absl::StrCat("get ", User(i), "@Example.ORG\n");
                  }),
            0u);
  EXPECT_EQ(Count(socketmap_, "@mailboxes.example.net,",
                  [](size_t i) {
                    return SocketmapRequest(
                        "virtual_alias_maps",
                        absl::StrCat(User(i), "@Example.ORG"));
                  }),
            0u);
}

// So long that no reply is kept: each is looked up again, in both maps with the
// extension and in the first without it.
TEST_F(AllocationTest, ALongExtensionAllocatesNothing) {
  const std::string extension = "+" + std::string(100, 'x');
  EXPECT_EQ(Count(socketmap_, extension + "@mailboxes.example.net,",
                  [&](size_t i) {
                    return SocketmapRequest(
                        "virtual_alias_maps",
                        absl::StrCat(User(i), extension, "@example.org"));
                  }),
            0u);
}

TEST_F(AllocationTest, AnAddressThatIsNotFoundAllocatesNothing) {
  EXPECT_EQ(Count(tcp_table_, "500 not found\n",
                  [](size_t i) {
                    return absl::StrCat("get ", User(i), std::string(100, 'x'),
                                        "+news@example.org\n");
                  }),
            0u);
}

}  // namespace
}  // namespace postmirror
