#include "sync/judgement.h"

#include <algorithm>
#include <utility>

#include "sync/losses.h"

namespace postmirror {
namespace {

bool IsAnySet(const std::vector<bool>& waits) {
  return std::find(waits.begin(), waits.end(), true) != waits.end();
}

template <typename Keyed>
KeySet KeysOf(const std::vector<Keyed>& all) {
  std::vector<uint64_t> keys;
  keys.reserve(all.size());
  for (const Keyed& one : all) keys.push_back(one.key);
  return KeySet(std::move(keys));
}

KeySet Common(KeySet one, const KeySet& other) {
  one.RemoveAllBut(other);
  return one;
}

KeySet Without(KeySet one, const KeySet& other) {
  one.Remove(other);
  return one;
}

class Judging {
 public:
  Judging(const JudgedChange& change, double max_shrink,
          const HeldKeySets& held_before, const Moment& now,
          GuardRecord* record)
      : change_(change),
        max_shrink_(max_shrink),
        held_before_(held_before),
        now_(now),
        record_(*record) {}

  Judgement Run(const std::optional<Accepted>& accepted);

 private:
  bool JudgesRemovals() const {
    return change_.scope != GuardScope::kOff && max_shrink_ < 1;
  }
  bool JudgesValues() const {
    return change_.scope == GuardScope::kValues && max_shrink_ < 1;
  }

  KeySet Pending() const;
  void TakeAsGone();
  void HoldKeys();
  std::string Refusal(const Accepted& accepted, const HeldKeySets& pending,
                      const HeldKeySets& taken) const;
  void Accept(const Accepted& accepted);
  void UpdateHold();
  void HoldUnknown();
  void Decide();
  void DecideRedefinition();
  void DescribeHeld();
  void RememberAdded();
  void RememberRemoved();
  void RememberChanged();
  void Remember();

  const JudgedChange& change_;
  const double max_shrink_;
  const HeldKeySets& held_before_;
  const Moment& now_;
  GuardRecord& record_;
  Judgement judgement_;
};

KeySet Judging::Pending() const {
  KeySet pending = KeysOf(change_.removed);
  pending.Add(KeysOf(change_.changed));
  return pending;
}

// A store that was set aside has taken what was held with it. The map stays
// held, until its keys are there again.
void Judging::TakeAsGone() {
  const KeySet there = KeysOf(change_.added);
  HeldKeys& held = record_.held_keys;
  KeySet gone = Without(Without(held_before_.removals, held.all()), there);
  // That a key is there does not say that it has the value of before.
  const KeySet back = Common(held_before_.removals, there);
  held.gone = Without(held.all(), back);
  const auto unknown_entries = [](const KeySet& keys) {
    std::vector<KeyEntry> entries;
    for (const uint64_t key : keys.keys()) entries.push_back({.key = key});
    return entries;
  };
  record_.missing.Add(unknown_entries(gone), now_);
  record_.changed.Add(unknown_entries(Without(held_before_.values, held.all())),
                      now_);
}

void Judging::HoldKeys() {
  HeldKeys& held = record_.held_keys;
  if (held.empty() && !change_.uncontained) return;
  const KeySet pending = Pending();
  if (change_.is_whole) {
    if (change_.contained) held.uncontained = {};
    // Of a first fill it is known already which of them are there.
    if (!change_.is_first_fill) held.gone.Remove(KeysOf(change_.added));
    held.gone.RemoveAllBut(held.all());
    KeySet waiting = pending;
    waiting.Add(held.gone);
    held.uncontained.RemoveAllBut(waiting);
    held.later.RemoveAllBut(waiting);
  }
  if (change_.uncontained) held.uncontained.Add(Without(pending, held.later));
  if (held.size() > GuardRecord::kMaxKeys) HoldUnknown();
}

// More keys than are remembered: the map is held as a whole.
void Judging::HoldUnknown() {
  if (!record_.hold.has_value()) record_.hold.emplace();
  record_.hold->unknown = true;
  record_.held_keys = {};
}

// Why what was accepted cannot be taken; empty if it can.
std::string Judging::Refusal(const Accepted& accepted,
                             const HeldKeySets& pending,
                             const HeldKeySets& taken) const {
  const bool waits =
      (change_.removals_wait && !pending.removals.empty()) ||
      (change_.additions_wait && change_.redefinition != Redefinition::kNone);
  if (waits) {
    return "a map of the same server cannot be read, and removals wait until "
           "it can";
  }
  const bool is_all = taken == pending;
  const bool is_none = taken.removals.empty() && taken.values.empty() &&
                       accepted.digest != pending.Digest();
  const bool is_redefined = change_.redefinition != Redefinition::kNone;
  if (!is_all && (is_none || is_redefined)) {
    return "the database removes or changes other keys by now: see "
           "postmirrorctl status";
  }
  return "";
}

// Takes the keys that were seen, holds the rest, and makes what is then there
// the measure.
void Judging::Accept(const Accepted& accepted) {
  const HeldKeySets pending = {.removals = KeysOf(change_.removed),
                               .values = KeysOf(change_.changed)};
  const bool all_seen = accepted.digest == pending.Digest();
  const HeldKeySets taken =
      all_seen
          ? pending
          : HeldKeySets{
                .removals = Common(pending.removals, accepted.keys.removals),
                .values = Common(pending.values, accepted.keys.values)};
  AcceptOutcome& outcome = judgement_.accept.emplace();
  outcome.refusal = Refusal(accepted, pending, taken);
  if (!outcome.refusal.empty()) return;
  outcome.taken = true;
  outcome.removals = taken.removals.size();
  outcome.values = taken.values.size();
  record_ = {};
  record_.held_keys.later = Without(pending.removals, taken.removals);
  record_.held_keys.later.Add(Without(pending.values, taken.values));
  if (record_.held_keys.size() > GuardRecord::kMaxKeys) HoldUnknown();
}

// Begins and ends the hold of the whole map. REQUIRES: HoldKeys was called.
void Judging::UpdateHold() {
  const Losses removals = CountRemovals(change_, record_);
  const Losses values = CountValues(change_, record_);
  Hold hold = record_.hold.value_or(Hold());
  const uint64_t measure = record_.Measure(change_.before);
  if (hold.measure == 0) hold.measure = measure;
  const double limit = HoldLimit(std::max(measure, hold.measure), max_shrink_);
  const uint64_t release = ReleaseLimit(hold.measure);
  const bool removes_much =
      removals.Exceed(limit) || (removals.free > 0 && change_.after == 0);
  const bool changes_much = values.Exceed(limit);
  if (!JudgesRemovals()) {
    hold.removals = false;
  } else if (hold.removals) {
    hold.removals = removals.OfMeasure() > release || removes_much;
  } else {
    // What waits is not gone.
    hold.removals = removes_much && !change_.removals_wait;
  }
  if (!JudgesValues()) {
    hold.values = false;
  } else if (hold.values) {
    hold.values = values.OfMeasure() > release || changes_much;
  } else {
    // The values of another definition are meant to be others.
    hold.values =
        changes_much && change_.redefinition != Redefinition::kMapFile;
  }
  record_.hold.reset();
  if (hold.removals || hold.values || hold.unknown) {
    record_.hold = std::move(hold);
  }
}

void Judging::Decide() {
  const bool held = record_.hold.has_value();
  for (const KeyEntry& removed : change_.removed) {
    const bool is_held = held || record_.held_keys.Contains(removed.key);
    if (!is_held && change_.removals_wait) ++judgement_.waiting_removals;
    judgement_.removal_waits.push_back(is_held || change_.removals_wait);
  }
  for (const KeyChange& changed : change_.changed) {
    judgement_.value_waits.push_back(held ||
                                     record_.held_keys.Contains(changed.key));
  }
  judgement_.additions_wait = change_.additions_wait && !change_.is_first_fill;
  if (judgement_.additions_wait) {
    judgement_.waiting_additions = change_.added_count();
  }
  if (change_.redefinition != Redefinition::kNone) DecideRedefinition();
  if (held || !record_.held_keys.empty()) DescribeHeld();
}

// Entries of two definitions are not mixed: where any of it waits, all does.
void Judging::DecideRedefinition() {
  judgement_.waits_whole =
      record_.hold.has_value() || IsAnySet(judgement_.removal_waits) ||
      IsAnySet(judgement_.value_waits) || judgement_.waiting_additions > 0;
  if (!judgement_.waits_whole) return;
  if (judgement_.waiting_removals > 0) {
    judgement_.waiting_additions = change_.added_count();
  }
  judgement_.additions_wait = true;
  judgement_.removal_waits.assign(change_.removed.size(), true);
  judgement_.value_waits.assign(change_.changed.size(), true);
}

void Judging::DescribeHeld() {
  // A whole map waits as one; else the keys that are held do.
  const bool all = record_.hold.has_value() || judgement_.waits_whole;
  HeldKeySets& held = judgement_.held_keys;
  held = {.removals = KeysOf(change_.removed),
          .values = KeysOf(change_.changed)};
  if (!all) {
    const KeySet keys = record_.held_keys.all();
    held.removals.RemoveAllBut(keys);
    held.values.RemoveAllBut(keys);
  }
  judgement_.held = HeldChanges{
      .removals = held.removals.size(),
      .values = held.values.size(),
      .additions = judgement_.additions_wait
                       ? std::optional<uint64_t>(change_.added_count())
                       : std::nullopt,
      .digest = held.Digest(),
      .reason = HoldReason(change_, record_, judgement_.waits_whole)};
}

void Judging::RememberAdded() {
  if (change_.added.empty()) return;
  std::vector<uint64_t> back;
  std::vector<uint64_t> newcomers;
  std::vector<KeyEntry> changed;
  for (const KeyEntry& added : change_.added) {
    const auto before = record_.missing.EntryBefore(added.key);
    if (before.has_value()) {
      back.push_back(added.key);
    } else if (record_.hold.has_value() &&
               record_.hold->newcomers.size() + newcomers.size() <
                   GuardRecord::kMaxKeys) {
      newcomers.push_back(added.key);
    }
    // 0: what it had is not known.
    if (before.value_or(0) != 0 && *before != added.entry) {
      changed.push_back({.key = added.key, .entry = *before});
    }
  }
  record_.missing.Forget(KeySet(std::move(back)));
  if (JudgesValues()) record_.changed.Add(changed, now_);
  // Of more than are remembered, the removal counts as a loss.
  if (record_.hold.has_value() && !change_.is_first_fill) {
    record_.hold->newcomers.Add(KeySet(std::move(newcomers)));
  }
}

void Judging::RememberRemoved() {
  if (!JudgesRemovals() && record_.changed.empty()) return;
  std::vector<KeyEntry> removed;
  removed.reserve(change_.removed.size());
  for (size_t i = 0; i < change_.removed.size(); ++i) {
    if (judgement_.removal_waits[i]) continue;
    const KeyEntry& key = change_.removed[i];
    const auto before = record_.changed.EntryBefore(key.key);
    removed.push_back({.key = key.key, .entry = before.value_or(key.entry)});
  }
  if (!record_.changed.empty()) record_.changed.Forget(KeysOf(removed));
  if (JudgesRemovals()) record_.missing.Add(removed, now_);
}

void Judging::RememberChanged() {
  if (change_.redefinition == Redefinition::kMapFile) {
    record_.changed = {};
    return;
  }
  std::vector<uint64_t> back;
  std::vector<KeyEntry> others;
  for (size_t i = 0; i < change_.changed.size(); ++i) {
    if (judgement_.value_waits[i]) continue;
    const KeyChange& changed = change_.changed[i];
    if (record_.changed.EntryBefore(changed.key) == changed.to) {
      back.push_back(changed.key);
    } else {
      others.push_back({.key = changed.key, .entry = changed.from});
    }
  }
  record_.changed.Forget(KeySet(std::move(back)));
  if (JudgesValues()) record_.changed.Add(others, now_);
}

// What is applied: of later changes it is part of what they are judged by.
void Judging::Remember() {
  if (judgement_.waits_whole) return;
  if (!judgement_.additions_wait) RememberAdded();
  // What was accepted is no loss.
  if (judgement_.accept.has_value() && judgement_.accept->taken) return;
  RememberRemoved();
  RememberChanged();
  const auto gone = static_cast<uint64_t>(std::count(
      judgement_.removal_waits.begin(), judgement_.removal_waits.end(), false));
  const uint64_t come = judgement_.additions_wait ? 0 : change_.added_count();
  if (gone > come && JudgesRemovals()) record_.Fell(change_.before, now_);
  // The map is filled by its new collation, whose keys have other digests: none
  // would be known to be back.
  if (change_.by_stored && !AnyWaits(judgement_)) {
    record_.missing = {};
    record_.changed = {};
  }
}

Judgement Judging::Run(const std::optional<Accepted>& accepted) {
  record_.Expire(now_);
  const GuardRecord before = record_;
  if (change_.is_first_fill) TakeAsGone();
  HoldKeys();
  if (accepted.has_value()) Accept(*accepted);
  if (!judgement_.accept.has_value() || !judgement_.accept->taken) UpdateHold();
  Decide();
  Remember();
  judgement_.must_be_kept = record_ != before;
  return std::move(judgement_);
}

}  // namespace

bool AnyWaits(const Judgement& judgement) {
  return judgement.held.has_value() || judgement.waiting_additions > 0 ||
         IsAnySet(judgement.removal_waits) || IsAnySet(judgement.value_waits);
}

Judgement Judge(const JudgedChange& change, double max_shrink,
                const EarlierJudgement& earlier, const Moment& now,
                GuardRecord* record) {
  return Judging(change, max_shrink, earlier.held, now, record)
      .Run(earlier.accepted);
}

}  // namespace postmirror
