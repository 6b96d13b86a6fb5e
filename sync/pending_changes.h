// What the binlog has told and no read has covered yet: between the thread that
// follows the stream and the loop that reads.
//
//   stream: pending.Advance(...)             loop: pending.Await(at, 1s)
//                                                  scope = pending.TakeUpTo(at)
#ifndef POSTMIRROR_SYNC_PENDING_CHANGES_H_
#define POSTMIRROR_SYNC_PENDING_CHANGES_H_

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "schema/runtime/clock.h"
#include "sync/binlog/binlog_group.h"
#include "sync/binlog/binlog_position.h"
#include "sync/read_scope.h"
#include "sync/watched_maps.h"

namespace postmirror {

// How long a change that was told of may take to be visible to every read.
inline constexpr absl::Duration kSettleTime = absl::Milliseconds(50);

// Any thread may call.
class PendingChanges {
 public:
  // The stream is at `start`. `clock` must outlive it.
  PendingChanges(BinlogPosition start, const Clock* clock)
      : clock_(*clock), at_(std::move(start)) {}

  // Looks for the changes of `maps` from now on. They are what the tables were
  // when the server was asked, which was not before `asked`: what is not
  // understood in the binlog before that is covered. No version of a table is
  // proven.
  void Watch(std::shared_ptr<const WatchedMaps> maps,
             const BinlogPosition& asked);

  // The list to read the next group by.
  std::shared_ptr<const WatchList> list() const;

  // The stream was read up to `to`, and `group` ended there. True if the loop
  // is to be woken.
  bool Advance(const BinlogPosition& to,
               const std::optional<BinlogGroup>& group);

  // The stream has ended.
  void Fail(absl::Status status);

  // Waits until the stream has been read up to `to`, at most so long: whether
  // it was. Fails when the stream has ended.
  absl::StatusOr<bool> Await(const BinlogPosition& to, absl::Duration timeout);

  enum class Kind {
    kNothing,
    kNamed,       // maps and keys
    kEverything,  // something was not understood: ask anew what the tables are
  };
  // Of all that was told, or of what commits up to `visible` have changed.
  Kind kind() const;
  Kind kind(const BinlogPosition& visible) const;

  // Something that was taken is to be taken once more, now or soon.
  bool settling() const;

  // What may have changed up to `to`, which the caller reads now: `everything`
  // where something was not understood since the last call, or is not covered
  // by a Watch with a later question; `unproven` has the tables that changed in
  // a version for which MarkProven was not called. A commit that the stream had
  // passed before Watch, and that is not visible at `to` yet, was not looked at
  // as it should: it is not understood.
  //
  // What came within kSettleTime is taken once more when that is over: an
  // engine without transactions, or a server that writes into its binlog
  // between two commits, may tell of a change just before it is visible.
  ReadScope TakeUpTo(const BinlogPosition& to);

  // The tables of the last call's `unproven` are what they were at Watch.
  void MarkProven();

 private:
  using Versions = std::map<TableName, std::set<TableVersion>>;

  // Where groups are that were not understood.
  struct Stretch {
    BinlogPosition after;
    BinlogPosition last;
  };

  bool IsDue(const Moment& now) const;

  // Consecutive groups; one, unless many wait.
  struct Entry {
    Moment arrived;  // the last of them
    BinlogPosition first_end;
    BinlogPosition end;
    std::vector<MapScope> maps;
    Versions unproven = {};
  };

  void Append(const BinlogGroup& group);
  void Take(const Entry& entry, ReadScope* scope);
  bool IsProven(const TableName& table, const TableVersion& version) const;
  static void Extend(const BinlogPosition& after, const BinlogPosition& last,
                     std::optional<Stretch>* stretch);
  // Whether some of it is visible; what is, is taken off.
  static bool CutOff(const BinlogPosition& visible,
                     std::optional<Stretch>* stretch);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::condition_variable advanced_;
  BinlogPosition at_;
  absl::Status ended_;
  std::shared_ptr<const WatchedMaps> maps_;
  BinlogPosition asked_;
  BinlogPosition watched_from_;  // where the stream was then
  // The groups that were not understood, if behind asked_: what the tables are
  // is not known since.
  std::optional<Stretch> unknown_;
  std::optional<Stretch> anything_told_;  // that no TakeUpTo covers
  BinlogPosition covered_;                // by the last TakeUpTo
  Versions proven_;
  Versions taken_;  // unproven, by the last TakeUpTo
  std::deque<Entry> entries_;
  std::deque<Entry> settling_;  // taken once
  size_t waiting_values_ = 0;   // that came since entries_ were empty
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_PENDING_CHANGES_H_
