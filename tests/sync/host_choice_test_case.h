// The fixture of HostChoice's tests: two hosts, p and r, of whose maps the
// store has something, and a clock that a test advances.
#ifndef POSTMIRROR_TESTS_SYNC_HOST_CHOICE_TEST_CASE_H_
#define POSTMIRROR_TESTS_SYNC_HOST_CHOICE_TEST_CASE_H_

#include <gmock/gmock.h>

#include <optional>
#include <string>

#include "sync/host_choice.h"
#include "tests/sync/fake_clock.h"
#include "tests/sync/host_facts_text.h"

namespace postmirror {

class HostChoiceTestCase : public ::testing::Test {
 protected:
  static constexpr size_t kP = 0;
  static constexpr size_t kR = 1;
  static constexpr absl::Duration kWait = absl::Seconds(30);

  HostChoiceTestCase() { choice_.Remember(Filled()); }

  // The maps are there, and nothing is known of how they were read.
  static StoredReads Filled() {
    StoredReads stored;
    stored.filled = true;
    return stored;
  }

  static HostFacts P(const std::string& gtids) { return HostAt("p", 1, gtids); }
  static HostFacts R(const std::string& gtids) { return HostAt("r", 2, gtids); }

  // The host is read, and all of it is in the store.
  void Read(size_t host, const HostFacts& facts) {
    choice_.Order();
    ASSERT_EQ(choice_.Objection(host, facts, std::nullopt), std::nullopt);
    choice_.Take(host);
    choice_.ReadSucceeded(host);
    choice_.NoteRead(facts, true, true);
  }

  // A round in which R alone answers.
  std::optional<size_t> RoundOfR(const HostFacts& facts) {
    choice_.Order();
    EXPECT_NE(choice_.Objection(kR, facts, std::nullopt), std::nullopt);
    return choice_.LastResort();
  }

  FakeClock clock_;
  HostChoice choice_{
      {"p", "r"},
      {.host_wait = kWait, .reconcile_interval = absl::Seconds(300)},
      &clock_};
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_HOST_CHOICE_TEST_CASE_H_
