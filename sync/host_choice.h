// Which of several hosts is read: one that contains all that was read before,
// the first of them in the order written. Decides; it asks nobody itself.
//
//   for (size_t host : choice.Order()) {    // a round
//     ...                                   // connect, ask for facts
//     if (!choice.Objection(host, facts, replica)) return Take(host), ...
//   }
//   if (auto host = choice.LastResort()) ...  // connect to that one after all
#ifndef POSTMIRROR_SYNC_HOST_CHOICE_H_
#define POSTMIRROR_SYNC_HOST_CHOICE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "schema/runtime/clock.h"
#include "sync/contained.h"
#include "sync/host_facts.h"
#include "sync/mariadb/binlog_facts.h"
#include "sync/read_bound.h"

namespace postmirror {

// Used on the loop's thread.
class HostChoice {
 public:
  struct Settings {
    absl::Duration host_wait;
    absl::Duration reconcile_interval;
  };

  // `hosts` are the entries, in order. `clock` must outlive it.
  HostChoice(std::vector<std::string> hosts, const Settings& settings,
             const Clock* clock);

  const std::vector<std::string>& hosts() const { return hosts_; }
  // With one host there is no choice, and the guard alone decides.
  bool several() const { return hosts_.size() > 1; }

  // What the store knows. What was read since is known better, and stays.
  void Remember(const StoredReads& stored);

  // Begins a round: the hosts as they are to be tried, those whose reads failed
  // of late behind the others.
  std::vector<size_t> Order();

  // The tables whose CREATE_TIME the host's facts should have: those of which
  // it is known from the last read of it.
  std::map<TableName, std::string> Tables(size_t host) const;

  // Why the host is not to be read, as in "is a replica that is stopped";
  // absent if it is to be read. `facts` are what it shows at least
  // (ReadHostFacts).
  std::optional<std::string> Objection(
      size_t host, const HostFacts& facts,
      const std::optional<ReplicaState>& replica);

  // The same for a host that is no candidate of a round.
  bool IsGood(size_t host, const HostFacts& facts,
              const std::optional<ReplicaState>& replica);

  // What a replica's threads and its lag say against it, absent where nothing;
  // they say nothing for it.
  std::optional<std::string> Against(
      const std::optional<ReplicaState>& replica) const;

  // What a look at the current host has shown since.
  void NoteReplica(const std::optional<ReplicaState>& replica);

  // Which hosts would not do for the one that is read, or fall behind if it is
  // that one, and why, as they were seen last; or empty. For the operator, in
  // one line. While the current one is in doubt, that says more.
  std::string Unfit() const;

  // The host does not answer: nothing is known of it any more.
  void NoteNoAnswer(size_t host) { unfit_.erase(host); }

  // The host is another entry of the current one's server.
  void NoteSameServer(size_t host);

  // After a round that met with objections alone: the host to be read all the
  // same, once host_wait has passed since the first such round. It is in doubt
  // from then on.
  std::optional<size_t> LastResort();

  // Whether hosts answer, and none of them is read yet.
  bool is_waiting() const { return waiting_since_.has_value(); }

  // The host is read from now on; without doubt, unless it is the last resort.
  void Take(size_t host);
  size_t current() const { return current_; }

  // A read of the host has failed, or succeeded.
  void ReadFailed(size_t host);
  void ReadSucceeded(size_t host);

  // Why a host is read in spite of an objection, for the operator; or empty.
  const std::string& doubt() const { return doubt_; }
  // The host may lack what was read before.
  bool uncontained() const { return uncontained_; }
  // Whether what a read of it removes or changes is what it lacks
  // (Snapshot::uncontained): at the first read all of it, and later what it
  // replicates, as far behind as it is. What is written on it is followed.
  // `replicates`: it does now. REQUIRES: uncontained().
  bool TakesBack(bool replicates);

  // The hosts that would be better than the current one if they answer, which
  // may be itself: then the doubt is over. And how often to look for them.
  std::vector<size_t> BetterHosts() const;
  absl::Duration look_interval() const;

  // The encoded bound that goes into the store with a read that showed `facts`
  // at most.
  std::string BoundWith(const HostFacts& facts) const;
  // That read is in the store; `taken`: all of it, and nothing is held;
  // `changed`: it changed entries.
  void NoteRead(const HostFacts& facts, bool taken, bool changed);
  // The encoded bound if it says what the one in the store does not, as that a
  // host has lost something, which need not be seen again: to be stored by
  // itself, until NoteKept.
  std::optional<std::string> Unkept() const;
  void NoteKept() { unkept_ = false; }
  // Where the logs of the current host are, between two reads.
  void NotePositions(const HostFacts& facts);

 private:
  struct Host {
    int failed_reads = 0;  // one after the other
    Moment failed;
  };
  struct Refused {
    size_t host = 0;
    bool contained = false;
    std::string objection;
  };

  void NoteUnfit(size_t host, const std::optional<std::string>& objection,
                 const std::optional<ReplicaState>& replica);
  Reading HowRead(bool taken) const;
  bool MayBeUnnumbered(const HostFacts& facts) const;
  bool IsAvoided(size_t host, const Moment& now) const;
  Containment Judge(size_t host, const HostFacts& facts);

  const std::vector<std::string> hosts_;
  const Settings settings_;
  const Clock& clock_;
  std::vector<Host> states_;  // of each host

  bool filled_ = false;  // there is something that could be taken back
  std::optional<ReadBound> bound_;
  bool bound_damaged_ = false;
  bool unkept_ = false;  // bound_ says something that the store's does not
  // What the last read of the current host has shown at least; absent before.
  std::optional<GtidPositions> shown_;

  std::vector<Refused> refused_;  // in this round
  std::map<size_t, std::string> unfit_;
  std::optional<Moment> waiting_since_;
  size_t current_ = 0;
  std::optional<size_t> last_resort_;
  std::string doubt_;
  bool uncontained_ = false;
  bool read_in_doubt_ = false;  // at least once since Take
  bool replicated_ = false;     // when it was read last
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_HOST_CHOICE_H_
