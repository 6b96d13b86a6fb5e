// One event of the binlog: its header, and what follows it.
#ifndef POSTMIRROR_SYNC_BINLOG_BINLOG_EVENT_H_
#define POSTMIRROR_SYNC_BINLOG_BINLOG_EVENT_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"

namespace postmirror {

// https://mariadb.com/kb/en/2-binlog-event-header/
enum class EventType : uint8_t {
  kQuery = 2,
  kStop = 3,
  kRotate = 4,
  kIntvar = 5,
  kAppendBlock = 9,
  kDeleteFile = 11,
  kRand = 13,
  kUserVar = 14,
  kFormatDescription = 15,
  kXid = 16,
  kBeginLoadQuery = 17,
  kExecuteLoadQuery = 18,
  kTableMap = 19,
  kWriteRows = 23,
  kUpdateRows = 24,
  kDeleteRows = 25,
  kIncident = 26,
  kHeartbeat = 27,
  kWriteRowsV2 = 30,
  kUpdateRowsV2 = 31,
  kDeleteRowsV2 = 32,
  kXaPrepare = 38,
  kAnnotateRows = 160,
  kBinlogCheckpoint = 161,
  kGtid = 162,
  kGtidList = 163,
  kStartEncryption = 164,
  kQueryCompressed = 165,
  kWriteRowsCompressed = 166,
  kUpdateRowsCompressed = 167,
  kDeleteRowsCompressed = 168,
  kWriteRowsCompressedV2 = 169,
  kUpdateRowsCompressedV2 = 170,
  kDeleteRowsCompressedV2 = 171,
};

constexpr size_t kEventHeaderBytes = 19;

constexpr uint16_t kEventFlagInUse = 0x1;
constexpr uint16_t kEventFlagArtificial = 0x20;  // stands in no file
constexpr uint16_t kEventFlagIgnorable = 0x80;

struct EventHeader {
  EventType type = EventType::kStop;  // may be one that the enum does not name
  uint32_t length = 0;                // in bytes, header and checksum included
  // Where the event ends in its file, its low 32 bits; 0 if it has no place.
  uint32_t end = 0;
  uint16_t flags = 0;
};

struct BinlogEvent {
  EventHeader header;
  absl::string_view body;  // without header and checksum
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_BINLOG_EVENT_H_
