// Follows a binlog stream event by event and says which watched tables and keys
// each group of events may have changed. Rows are never taken over from here:
// all of it is a hint of what to read again. What is not exactly understood is
// told as "whole" or "anything", never left out.
//
// Used by one thread.
#ifndef POSTMIRROR_SYNC_BINLOG_BINLOG_GROUP_READER_H_
#define POSTMIRROR_SYNC_BINLOG_BINLOG_GROUP_READER_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "sync/binlog/binlog_event.h"
#include "sync/binlog/binlog_group.h"
#include "sync/binlog/binlog_position.h"
#include "sync/binlog/event_decoder.h"
#include "sync/binlog/group_changes.h"
#include "sync/binlog/watch_list.h"

namespace postmirror {

class BinlogGroupReader {
 public:
  // `start` is where the stream was asked to begin, between two groups.
  explicit BinlogGroupReader(BinlogPosition start);

  // Takes the next event of the stream, its header included, without the
  // protocol's leading 0 byte. Returns the group if the event ends one that
  // matters; position() tells that others ended. A group is read by the watch
  // list of its first event, which lives until its end.
  // Fails with kDataLoss where the stream cannot be followed any more: a wrong
  // checksum, an event cut short, a format not known; the reader is then good
  // for nothing.
  absl::StatusOr<std::optional<BinlogGroup>> Take(
      absl::string_view event, const std::shared_ptr<const WatchList>& watched);

  // Up to where the stream was read: behind the last event that does not stand
  // inside a group. A heartbeat moves it too, a rotation leads into the next
  // file.
  const BinlogPosition& position() const { return position_; }

 private:
  struct OpenGroup {
    GroupChanges changes;
    bool is_standalone = false;  // it has one event only that says something
  };
  using Result = absl::StatusOr<std::optional<BinlogGroup>>;

  Result Rotate(const BinlogEvent& event);
  Result Begin(const BinlogEvent& event,
               const std::shared_ptr<const WatchList>& watched);
  std::optional<BinlogGroup> TakeOutside(const BinlogEvent& event);
  std::optional<BinlogGroup> TakeInside(const BinlogEvent& event);
  std::optional<BinlogGroup> CutGroup();

  // Moves to the end of an event of the current file.
  absl::Status Advance(const EventHeader& header);
  void AdvanceIdly(const BinlogEvent& heartbeat);

  EventDecoder decoder_;
  BinlogPosition position_;
  uint64_t offset_;  // in position_.file, behind the last event
  std::optional<OpenGroup> group_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_BINLOG_BINLOG_GROUP_READER_H_
