#include "sync/host_choice.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {
namespace {

// A replica further behind is no mirror of its primary.
constexpr absl::Duration kMaxBehind = absl::Seconds(60);
// How long a host whose reads fail again and again comes behind the others at
// most.
constexpr absl::Duration kLongestAvoidance = absl::Hours(1);
constexpr char kDoesNotKnow[] =
    "is a replica that cannot reach its primary, and does not know how far it "
    "is behind";

}  // namespace

HostChoice::HostChoice(std::vector<std::string> hosts, const Settings& settings,
                       const Clock* clock)
    : hosts_(std::move(hosts)),
      settings_(settings),
      clock_(*clock),
      states_(hosts_.size()) {}

void HostChoice::Remember(const StoredReads& stored) {
  if (bound_.has_value()) return;
  filled_ = stored.filled || stored.unknown;
  Recollection recollection = Recall(stored);
  bound_ = std::move(recollection.bound);
  bound_damaged_ = recollection.damaged;
}

std::vector<size_t> HostChoice::Order() {
  refused_.clear();
  unfit_.clear();
  last_resort_.reset();
  const Moment now = clock_.Now();
  std::vector<size_t> order(hosts_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_partition(order.begin(), order.end(),
                        [&](size_t host) { return !IsAvoided(host, now); });
  return order;
}

std::map<TableName, std::string> HostChoice::Tables(size_t host) const {
  if (!bound_.has_value()) return {};
  const auto before = bound_->hosts.find(hosts_[host]);
  if (before == bound_->hosts.end()) return {};
  return before->second.created;
}

// Notes as well what cannot be seen any more once the host has gone on.
Containment HostChoice::Judge(size_t host, const HostFacts& facts) {
  if (!several() || !filled_) {
    return {
        .kind = Containment::Kind::kContained, .has_lost = false, .reason = ""};
  }
  if (bound_damaged_) {
    return {.kind = Containment::Kind::kUnknown,
            .has_lost = false,
            .reason =
                "may lack what was read before: the store's note of it is "
                "damaged, or of an earlier version"};
  }
  if (!bound_.has_value()) {
    return {
        .kind = Containment::Kind::kContained, .has_lost = false, .reason = ""};
  }
  Containment containment = Contains(facts, *bound_);
  if (containment.has_lost && bound_->lost.insert(hosts_[host]).second) {
    unkept_ = true;
  }
  return containment;
}

std::optional<std::string> HostChoice::Against(
    const std::optional<ReplicaState>& replica) const {
  if (!filled_ || !replica.has_value()) return std::nullopt;
  if (!replica->running) return "is a replica that is stopped";
  if (replica->behind > kMaxBehind) {
    return absl::StrCat("is a replica that is ",
                        absl::FormatDuration(replica->behind), " behind");
  }
  // Its primary is away, which is when it is needed: what it contains decides,
  // if that is known.
  if (replica->knows_behind || !several() || bound_.has_value()) {
    return std::nullopt;
  }
  return kDoesNotKnow;
}

std::optional<std::string> HostChoice::Objection(
    size_t host, const HostFacts& facts,
    const std::optional<ReplicaState>& replica) {
  const Containment containment = Judge(host, facts);
  std::vector<std::string> objections;
  if (const std::optional<std::string> against = Against(replica)) {
    objections.push_back(*against);
  }
  if (!containment.contained()) objections.push_back(containment.reason);
  std::optional<std::string> objection;
  if (!objections.empty()) {
    objection = absl::StrJoin(objections, ", and ");
    refused_.push_back({host, containment.contained(), *objection});
  }
  NoteUnfit(host, objection, replica);
  return objection;
}

bool HostChoice::IsGood(size_t host, const HostFacts& facts,
                        const std::optional<ReplicaState>& replica) {
  const Containment containment = Judge(host, facts);
  std::optional<std::string> objection = Against(replica);
  if (!objection.has_value() && !containment.contained()) {
    objection = containment.reason;
  }
  NoteUnfit(host, objection, replica);
  return !objection.has_value();
}

void HostChoice::NoteUnfit(size_t host,
                           const std::optional<std::string>& objection,
                           const std::optional<ReplicaState>& replica) {
  if (objection.has_value()) {
    unfit_[host] = *objection;
  } else if (filled_ && replica.has_value() && !replica->knows_behind) {
    unfit_[host] = kDoesNotKnow;
  } else {
    unfit_.erase(host);
  }
}

void HostChoice::NoteReplica(const std::optional<ReplicaState>& replica) {
  NoteUnfit(current_, Against(replica), replica);
}

std::string HostChoice::Unfit() const {
  if (!several() || !doubt_.empty()) return "";
  std::vector<std::string> lines;
  for (const auto& [host, objection] : unfit_) {
    lines.push_back(host == current_
                        ? absl::StrCat("host ", hosts_[host],
                                       ", which is read, ", objection)
                        : absl::StrCat("host ", hosts_[host],
                                       " would not do in place of ",
                                       hosts_[current_], ": it ", objection));
  }
  return absl::StrJoin(lines, "; ");
}

void HostChoice::NoteSameServer(size_t host) {
  if (!bound_.has_value() || bound_->last != hosts_[current_]) return;
  HostTraits same = bound_->hosts[bound_->last];
  same.host = hosts_[host];
  bound_->last = same.host;
  if (bound_->unnumbered.erase(hosts_[current_]) > 0) {
    bound_->unnumbered.insert(same.host);
  }
  bound_->hosts[same.host] = std::move(same);
}

std::optional<size_t> HostChoice::LastResort() {
  if (refused_.empty() || !several()) {
    waiting_since_.reset();
    return std::nullopt;
  }
  const Moment now = clock_.Now();
  if (!waiting_since_.has_value()) waiting_since_ = now;
  if (Elapsed(*waiting_since_, now) < settings_.host_wait) return std::nullopt;
  // Old answers are better than answers that are taken back.
  const auto contained =
      std::find_if(refused_.begin(), refused_.end(),
                   [](const Refused& each) { return each.contained; });
  const Refused& chosen =
      contained != refused_.end() ? *contained : refused_.front();
  last_resort_ = chosen.host;
  uncontained_ = !chosen.contained;
  doubt_ = absl::StrCat(
      "host ", hosts_[chosen.host],
      " is read since no better one came within host_wait: it ",
      chosen.objection,
      uncontained_
          ? "; what it removes or changes is held until it is accepted (look "
            "at the maps that are held, then: postmirrorctl accept), or until "
            "a "
            "host comes that has all of it"
          : "; start its replication, or bring another host back");
  return last_resort_;
}

void HostChoice::Take(size_t host) {
  current_ = host;
  // Later ones are not looked at any more.
  std::erase_if(unfit_, [host](const auto& each) { return each.first > host; });
  read_in_doubt_ = replicated_ = false;
  shown_.reset();
  if (last_resort_ == host) return;
  doubt_.clear();
  uncontained_ = false;
}

bool HostChoice::TakesBack(bool replicates) {
  const bool replicated = std::exchange(replicated_, replicates);
  return !read_in_doubt_ || replicated || replicates;
}

void HostChoice::ReadFailed(size_t host) {
  ++states_[host].failed_reads;
  states_[host].failed = clock_.Now();
}

void HostChoice::ReadSucceeded(size_t host) {
  states_[host].failed_reads = 0;
  // In doubt, the next connection must not wait again.
  if (doubt_.empty()) waiting_since_.reset();
}

bool HostChoice::IsAvoided(size_t host, const Moment& now) const {
  const Host& state = states_[host];
  absl::Duration avoidance = settings_.reconcile_interval;
  for (int i = 1; i < state.failed_reads && avoidance < kLongestAvoidance;
       ++i) {
    avoidance *= 2;
  }
  return state.failed_reads > 0 && Elapsed(state.failed, now) < avoidance;
}

std::vector<size_t> HostChoice::BetterHosts() const {
  std::vector<size_t> better;
  const Moment now = clock_.Now();
  for (size_t host = 0; host < hosts_.size(); ++host) {
    // In doubt any host will do; otherwise an earlier one.
    const bool is_better = doubt_.empty() ? host < current_ : several();
    if (is_better && !IsAvoided(host, now)) better.push_back(host);
  }
  return better;
}

absl::Duration HostChoice::look_interval() const {
  return doubt_.empty()
             ? settings_.reconcile_interval
             : std::min(settings_.reconcile_interval, settings_.host_wait);
}

Reading HostChoice::HowRead(bool taken) const {
  if (taken) return Reading::kTaken;
  return uncontained_ ? Reading::kUncontained : Reading::kPartly;
}

// Whether changes that a read with `facts` finds may have no GTIDs: the host
// has no binlog, and what it replicates does not explain them.
bool HostChoice::MayBeUnnumbered(const HostFacts& facts) const {
  if (facts.traits.binlog.has_value()) return false;
  if (uncontained_) return true;
  if (shown_.has_value()) return facts.gtids == *shown_;
  // What it was before is not known, nor whether it was written to since.
  if (!facts.replicates) return true;
  if (!bound_.has_value()) return false;
  GtidPositions both = bound_->gtids;
  RaiseGtids(facts.gtids, &both);
  return both == bound_->gtids;
}

std::string HostChoice::BoundWith(const HostFacts& facts) const {
  // What the store has besides is not known, so that no bound covers it.
  if (bound_damaged_) return "";
  return EncodeReadBound(
      BoundAfter(bound_, facts, HowRead(false), MayBeUnnumbered(facts)));
}

void HostChoice::NoteRead(const HostFacts& facts, bool taken, bool changed) {
  if (bound_damaged_ && !taken) return;
  const bool unnumbered =
      MayBeUnnumbered(facts) && (changed || !bound_.has_value());
  const ReadBound stored =
      BoundAfter(bound_, facts, HowRead(false), unnumbered);
  ReadBound after = BoundAfter(bound_, facts, HowRead(taken), unnumbered);
  unkept_ = unkept_ || bound_damaged_ || stored != after ||
            (bound_.has_value() && bound_->last != after.last);
  bound_ = std::move(after);
  bound_damaged_ = false;
  shown_ = facts.shown;
  filled_ = true;
  read_in_doubt_ = true;
  if (taken && uncontained_) {
    // Nothing is taken back any more: the store is equal to this host.
    uncontained_ = false;
    doubt_.clear();
    waiting_since_.reset();
    // What it lacks counts no more, and later ones are not looked at any more.
    unfit_.erase(unfit_.lower_bound(current_), unfit_.end());
  }
}

std::optional<std::string> HostChoice::Unkept() const {
  if (!unkept_) return std::nullopt;
  return EncodeReadBound(*bound_);
}

void HostChoice::NotePositions(const HostFacts& facts) {
  if (!bound_.has_value()) return;
  const std::set<GtidWriter> before = bound_->restarted;
  FollowPositions(facts, &*bound_);
  unkept_ = unkept_ || bound_->restarted != before;
}

}  // namespace postmirror
