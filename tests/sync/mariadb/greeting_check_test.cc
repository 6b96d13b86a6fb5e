#include "sync/mariadb/greeting_check.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace postmirror {
namespace {

std::string Packet(absl::string_view payload) {
  const size_t size = payload.size();
  std::string packet;
  for (size_t shift : {0U, 8U, 16U}) {
    packet.push_back(static_cast<char>(size >> shift & 0xFF));
  }
  return absl::StrCat(packet, absl::string_view("\0", 1), payload);
}

// What comes up to the capabilities, and these.
std::string Greeting(absl::string_view capabilities) {
  constexpr absl::string_view kBefore(
      "\12"
      "10.11.6-MariaDB\0"
      "\7\0\0\0"
      "12345678\0",
      30);
  return Packet(absl::StrCat(kBefore, capabilities, "\x2d and what follows"));
}

TEST(ReadTlsOfferTest, TlsIsACapability) {
  EXPECT_EQ(ReadTlsOffer(Greeting("\xff\xff")), TlsOffer::kOffered);
  EXPECT_EQ(ReadTlsOffer(Greeting(absl::string_view("\0\x08", 2))),
            TlsOffer::kOffered);
  EXPECT_EQ(ReadTlsOffer(Greeting("\xff\xf7")), TlsOffer::kNone);
}

TEST(ReadTlsOfferTest, WaitsForAllThatSaysIt) {
  const std::string greeting = Greeting("\xff\xff");
  constexpr size_t kNeeded = 4 + 30 + 2;
  for (size_t size = 0; size < kNeeded; ++size) {
    EXPECT_EQ(ReadTlsOffer(greeting.substr(0, size)), TlsOffer::kUnknown)
        << size;
  }
  EXPECT_EQ(ReadTlsOffer(greeting.substr(0, kNeeded)), TlsOffer::kOffered);
}

TEST(ReadTlsOfferTest, WhatIsBehindAShortGreetingDoesNotCount) {
  const std::string whole = Greeting("\xff\xff").substr(4);
  for (size_t size = 2; size < 32; ++size) {
    EXPECT_EQ(ReadTlsOffer(Packet(whole.substr(0, size)) + whole.substr(size)),
              TlsOffer::kNone)
        << size;
  }
}

TEST(ReadTlsOfferTest, AVersionWithoutEndIsNone) {
  EXPECT_EQ(ReadTlsOffer(Packet(std::string(5000, 'x')).substr(0, 3000)),
            TlsOffer::kNone);
}

TEST(ReadTlsOfferTest, AnErrorIsNoGreeting) {
  EXPECT_EQ(ReadTlsOffer(Packet("\xff\x10\x04Too many connections")),
            TlsOffer::kError);
}

}  // namespace
}  // namespace postmirror
