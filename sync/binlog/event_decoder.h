// Takes the events of one stream apart into header and body, and checks their
// checksums, whose kind the stream's last format description tells.
#ifndef POSTMIRROR_SYNC_BINLOG_EVENT_DECODER_H_
#define POSTMIRROR_SYNC_BINLOG_EVENT_DECODER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync/binlog/binlog_event.h"

namespace postmirror {

class EventDecoder {
 public:
  // The body is valid as long as `bytes` are. Fails with kDataLoss: a wrong
  // checksum, an event cut short, a format not known.
  absl::StatusOr<BinlogEvent> Decode(absl::string_view bytes);

 private:
  enum class Checksums { kUnknown, kNone, kCrc32 };

  absl::StatusOr<BinlogEvent> DecodeFormat(const EventHeader& header,
                                           absl::string_view bytes);

  Checksums checksums_ = Checksums::kUnknown;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_EVENT_DECODER_H_
