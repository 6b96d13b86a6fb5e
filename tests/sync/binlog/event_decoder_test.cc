#include "sync/binlog/event_decoder.h"

#include <gmock/gmock.h>

#include <string>

#include "tests/sync/binlog/event_builder.h"

namespace postmirror {
namespace {

using testing::HasSubstr;

// The body of the event, or the error's message.
std::string Decode(EventDecoder* decoder, absl::string_view bytes) {
  const auto event = decoder->Decode(bytes);
  if (event.ok()) return std::string(event->body);
  EXPECT_TRUE(absl::IsDataLoss(event.status()));
  return std::string(event.status().message());
}

TEST(EventDecoderTest, ChecksumsAreTakenOffWhereTheFormatSaysSo) {
  for (const uint8_t algorithm : {EventBuilder::kNone, EventBuilder::kCrc32}) {
    EventBuilder events(algorithm);
    EventDecoder decoder;
    EXPECT_EQ(Decode(&decoder, events.Format()), FormatBody(algorithm));
    EXPECT_EQ(Decode(&decoder, events.Event(EventType::kXid, "12345678")),
              "12345678");
  }
}

// As the server says it when it strips the checksums of a file.
TEST(EventDecoderTest, UndefinedChecksumsAreNone) {
  EventBuilder none(EventBuilder::kNone);
  EventDecoder decoder;
  const std::string format =
      none.Event(EventType::kFormatDescription, FormatBody(255));
  EXPECT_EQ(Decode(&decoder, format), FormatBody(255));
  EXPECT_EQ(Decode(&decoder, none.Event(EventType::kXid, "123")), "123");
}

TEST(EventDecoderTest, AFlippedBitIsFound) {
  EventBuilder events;
  EventDecoder decoder;
  Decode(&decoder, events.Format());
  std::string event = events.Event(EventType::kXid, "12345678");
  event[20] = 'x';
  EXPECT_THAT(Decode(&decoder, event), HasSubstr("wrong checksum"));
}

TEST(EventDecoderTest, AFlippedBitOfAFormatDescriptionIsFound) {
  EventDecoder decoder;
  std::string format = EventBuilder().Format();
  format[30] = 'x';
  EXPECT_THAT(Decode(&decoder, format), HasSubstr("wrong checksum"));
}

// The flag of a file that is being written is set without a new checksum.
TEST(EventDecoderTest, TheInUseFlagIsNotInTheChecksum) {
  EventDecoder decoder;
  std::string format = EventBuilder().Format();
  format[17] = 1;
  EXPECT_EQ(Decode(&decoder, format), FormatBody(EventBuilder::kCrc32));
}

TEST(EventDecoderTest, AFakeRotationHasAChecksumOrNone) {
  for (const uint8_t algorithm : {EventBuilder::kNone, EventBuilder::kCrc32}) {
    EventBuilder events(algorithm);
    EventDecoder decoder;
    EXPECT_EQ(Decode(&decoder, events.FakeRotate("bin.000001", 4)),
              Little(4, 8) + "bin.000001");
    Decode(&decoder, EventBuilder(EventBuilder::kCrc32).Format());
    EXPECT_EQ(Decode(&decoder, events.FakeRotate("bin.000002", 4)),
              Little(4, 8) + "bin.000002");
  }
}

TEST(EventDecoderTest, AnEventMustBeAsLongAsItSays) {
  EventBuilder events;
  EventDecoder decoder;
  Decode(&decoder, events.Format());
  const std::string event = events.Event(EventType::kXid, "12345678");
  EXPECT_THAT(Decode(&decoder, event + "x"), HasSubstr("has 32 of 31 bytes"));
  EXPECT_THAT(Decode(&decoder, event.substr(0, 30)),
              HasSubstr("has 30 of 31 bytes"));
  EXPECT_THAT(Decode(&decoder, event.substr(0, 18)),
              HasSubstr("without a whole header"));
}

TEST(EventDecoderTest, NothingIsReadBeforeAFormatDescription) {
  EventDecoder decoder;
  EXPECT_THAT(
      Decode(&decoder, EventBuilder().Event(EventType::kXid, "12345678")),
      HasSubstr("before any format description"));
}

TEST(EventDecoderTest, OtherFormatsAreRefused) {
  const std::string good = FormatBody(EventBuilder::kCrc32);
  // The version, the header's length, and those of query, table map and rows.
  constexpr size_t kLengths = 57;
  for (const size_t place : {size_t{0}, size_t{56}, kLengths + 1, kLengths + 18,
                             kLengths + 22, kLengths + 23, kLengths + 24}) {
    std::string body = good;
    body[place] = 10;
    EventDecoder decoder;
    EXPECT_THAT(Decode(&decoder, EventBuilder().Event(
                                     EventType::kFormatDescription, body)),
                HasSubstr("format not known"))
        << place;
  }
}

TEST(EventDecoderTest, OtherChecksumsAreRefused) {
  EventDecoder decoder;
  EXPECT_THAT(
      Decode(&decoder, EventBuilder().Event(EventType::kFormatDescription,
                                            FormatBody(2))),
      HasSubstr("algorithm not known"));
}

TEST(EventDecoderTest, AFormatDescriptionCutShortIsRefused) {
  const std::string good = FormatBody(EventBuilder::kNone);
  // Up to where the length of the last rows event would be complete.
  for (size_t size = 0; size < 57 + 25 + 1; ++size) {
    EventDecoder decoder;
    EventBuilder events(EventBuilder::kNone);
    const auto event = decoder.Decode(
        events.Event(EventType::kFormatDescription, good.substr(0, size)));
    EXPECT_FALSE(event.ok()) << size;
  }
}

}  // namespace
}  // namespace postmirror
