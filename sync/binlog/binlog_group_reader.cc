#include "sync/binlog/binlog_group_reader.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync/binlog/byte_reader.h"
#include "sync/binlog/query_event.h"
#include "sync/binlog/rows_event.h"

namespace postmirror {
namespace {

// Flags of a GTID event, https://mariadb.com/kb/en/gtid_event/
constexpr uint8_t kIsStandalone = 0x01;
constexpr uint8_t kCompletesXa = 0x80;

// What changes nothing by itself: it prepares another event or tells about the
// binlog.
bool SaysNothing(const EventHeader& header) {
  switch (header.type) {
    case EventType::kIntvar:
    case EventType::kRand:
    case EventType::kUserVar:
    case EventType::kBeginLoadQuery:
    case EventType::kAppendBlock:
    case EventType::kDeleteFile:
    case EventType::kAnnotateRows:
    case EventType::kStop:
    case EventType::kBinlogCheckpoint:
    case EventType::kGtidList:
    case EventType::kStartEncryption:
      return true;
    case EventType::kQuery:
    case EventType::kQueryCompressed:
    case EventType::kExecuteLoadQuery:
    case EventType::kTableMap:
    case EventType::kXid:
    case EventType::kXaPrepare:
    case EventType::kIncident:
      return false;
    default:
      return !IsRowsEvent(header.type) &&
             (header.flags & kEventFlagIgnorable) != 0;
  }
}

// Whether the server may repeat what stands at a file's start in front of what
// was asked for.
bool MayStandBefore(EventType type) {
  return type == EventType::kFormatDescription || type == EventType::kGtidList;
}

// Takes a QUERY event into its group; returns whether it ends the group.
bool TakeQuery(const BinlogEvent& event, GroupChanges* changes) {
  changes->EndStatement();
  switch (ReadQuery(event)) {
    case QueryMeaning::kNothing:
      return false;
    case QueryMeaning::kCommit:
      return true;
    case QueryMeaning::kRollback:
      changes->MakeWhole();
      return true;
    case QueryMeaning::kFlush:
      changes->Flush();
      return false;
    case QueryMeaning::kAnything:
      break;
  }
  changes->MakeAnything();
  return false;
}

// Takes an event that says something into its group; returns whether it ends
// the group.
bool TakeInto(const BinlogEvent& event, GroupChanges* changes) {
  if (IsRowsEvent(event.header.type)) {
    changes->Change(event);
    return false;
  }
  switch (event.header.type) {
    case EventType::kTableMap:
      changes->Map(event.body);
      return false;
    case EventType::kQuery:
    case EventType::kQueryCompressed:
      return TakeQuery(event, changes);
    case EventType::kXid:
      return true;
    case EventType::kXaPrepare:
      // Nothing has changed yet; XA COMMIT is a statement in its text.
      changes->MakeWhole();
      return true;
    default:
      changes->MakeAnything();
      return false;
  }
}

}  // namespace

BinlogGroupReader::BinlogGroupReader(BinlogPosition start)
    : position_(std::move(start)), offset_(position_.offset) {}

BinlogGroupReader::Result BinlogGroupReader::Take(
    absl::string_view event, const std::shared_ptr<const WatchList>& watched) {
  const absl::StatusOr<BinlogEvent> decoded = decoder_.Decode(event);
  if (!decoded.ok()) return decoded.status();
  const EventHeader& header = decoded->header;
  switch (header.type) {
    case EventType::kHeartbeat:
      AdvanceIdly(*decoded);
      return std::nullopt;
    case EventType::kRotate:
      return Rotate(*decoded);
    case EventType::kGtid:
      return Begin(*decoded, watched);
    default:
      break;
  }
  std::optional<BinlogGroup> cut;
  if (header.type == EventType::kFormatDescription) cut = CutGroup();
  if (absl::Status status = Advance(header); !status.ok()) return status;
  if (group_.has_value()) return TakeInside(*decoded);
  position_.offset = offset_;
  return header.type == EventType::kFormatDescription ? std::move(cut)
                                                      : TakeOutside(*decoded);
}

BinlogGroupReader::Result BinlogGroupReader::Rotate(const BinlogEvent& event) {
  ByteReader in(event.body);
  const uint64_t offset = in.Number(8);
  if (!in.ok() || in.empty()) {
    return absl::DataLossError("binlog rotation cut short");
  }
  std::optional<BinlogGroup> cut = CutGroup();
  position_ = {.file = std::string(in.rest()), .offset = offset};
  offset_ = offset;
  return cut;
}

BinlogGroupReader::Result BinlogGroupReader::Begin(
    const BinlogEvent& event, const std::shared_ptr<const WatchList>& watched) {
  ByteReader in(event.body);
  in.Bytes(8);  // sequence number
  in.Bytes(4);  // domain
  const uint8_t flags = in.Byte();
  if (!in.ok()) return absl::DataLossError("binlog GTID cut short");
  std::optional<BinlogGroup> cut = CutGroup();
  if (absl::Status status = Advance(event.header); !status.ok()) return status;
  group_.emplace(OpenGroup{.changes = GroupChanges(watched),
                           .is_standalone = (flags & kIsStandalone) != 0});
  if ((flags & kCompletesXa) != 0) group_->changes.MakeAnything();
  return cut;
}

// Every change stands behind a GTID; one that does not is not understood.
std::optional<BinlogGroup> BinlogGroupReader::TakeOutside(
    const BinlogEvent& event) {
  if (SaysNothing(event.header)) return std::nullopt;
  return BinlogGroup{.end = position_, .anything = true, .tables = {}};
}

std::optional<BinlogGroup> BinlogGroupReader::TakeInside(
    const BinlogEvent& event) {
  if (SaysNothing(event.header)) return std::nullopt;
  const bool ends = TakeInto(event, &group_->changes);
  const bool is_only =
      group_->is_standalone && event.header.type != EventType::kTableMap;
  if (!ends && !is_only) return std::nullopt;
  position_.offset = offset_;
  std::optional<BinlogGroup> group = group_->changes.Finish(position_);
  group_.reset();
  return group;
}

// A group that another one, or another file, interrupts is not understood.
std::optional<BinlogGroup> BinlogGroupReader::CutGroup() {
  if (!group_.has_value()) return std::nullopt;
  group_.reset();
  position_.offset = offset_;
  return BinlogGroup{.end = position_, .anything = true, .tables = {}};
}

// An event tells the low 32 bits of its end only, and files may be larger. No
// event is as long as 2 GiB, so that the way from the last one is plain.
absl::Status BinlogGroupReader::Advance(const EventHeader& header) {
  if ((header.flags & kEventFlagArtificial) != 0) return absl::OkStatus();
  if (header.end == 0) {
    if (!MayStandBefore(header.type)) offset_ += header.length;
    return absl::OkStatus();
  }
  const uint32_t way = header.end - static_cast<uint32_t>(offset_);
  if (way <= uint32_t{INT32_MAX}) {
    offset_ += way;
    return absl::OkStatus();
  }
  if (MayStandBefore(header.type)) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("binlog event behind ", offset_, " ends at ", header.end));
}

// A heartbeat tells where the server stands. Beyond 4 GiB its own end is 0, and
// all of it stands in front of the file's name.
void BinlogGroupReader::AdvanceIdly(const BinlogEvent& heartbeat) {
  if (group_.has_value()) return;
  ByteReader in(heartbeat.body);
  uint64_t offset = heartbeat.header.end;
  if (offset == 0) offset = in.Number(8);
  if (in.rest() != position_.file || offset < offset_) return;
  offset_ = offset;
  position_.offset = offset;
}

}  // namespace postmirror
