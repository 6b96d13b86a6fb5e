#include "sync/guard_record.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// Do not change: stored. The version of the record's encoding.
constexpr uint64_t kVersion = 1;

class Encoder {
 public:
  void Number(uint64_t number) {
    for (int i = 0; i < 8; ++i) {
      out_.push_back(static_cast<char>((number >> (8 * i)) & 0xff));
    }
  }

  void Text(absl::string_view text) {
    Number(text.size());
    absl::StrAppend(&out_, text);
  }

  void When(const Moment& moment) {
    Text(moment.boot_id);
    Number(static_cast<uint64_t>(absl::ToInt64Nanoseconds(moment.since_boot)));
    Number(static_cast<uint64_t>(absl::ToUnixNanos(moment.wall)));
  }

  void Keys(const KeySet& keys) {
    Number(keys.size());
    for (const uint64_t key : keys.keys()) Number(key);
  }

  void Traces(const KeyTraces& traces) {
    Number(traces.stretches().size());
    for (const KeyTraces::Stretch& stretch : traces.stretches()) {
      Number(stretch.number);
      When(stretch.began);
      Number(stretch.nameless);
    }
    Number(traces.traces().size());
    for (const KeyTraces::Trace& trace : traces.traces()) {
      Number(trace.key);
      Number(trace.entry);
      Number(trace.stretch);
    }
  }

  std::string bytes() && { return std::move(out_); }

 private:
  std::string out_;
};

// Whether each is greater than the one before.
template <typename List, typename Number>
bool Rises(const List& list, Number number) {
  return std::adjacent_find(list.begin(), list.end(),
                            [&](const auto& one, const auto& other) {
                              return number(one) >= number(other);
                            }) == list.end();
}

// Takes what Encoder wrote. After a failure everything fails.
class Decoder {
 public:
  explicit Decoder(absl::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return ok_ && rest_.empty(); }

  uint64_t Number() {
    if (!Have(8)) return 0;
    uint64_t number = 0;
    for (size_t i = 0; i < 8; ++i) {
      number |= uint64_t{static_cast<unsigned char>(rest_[i])} << (8 * i);
    }
    rest_.remove_prefix(8);
    return number;
  }

  bool Flag() {
    const uint64_t number = Number();
    Check(number <= 1);
    return number == 1;
  }

  Moment When() {
    Moment moment;
    const uint64_t size = Number();
    if (!Have(size)) return moment;
    moment.boot_id = std::string(rest_.substr(0, size));
    rest_.remove_prefix(size);
    moment.since_boot = absl::Nanoseconds(static_cast<int64_t>(Number()));
    moment.wall = absl::FromUnixNanos(static_cast<int64_t>(Number()));
    return moment;
  }

  // How many things of at least `bytes` each follow.
  uint64_t Count(uint64_t bytes) {
    const uint64_t count = Number();
    Check(count <= rest_.size() / bytes);
    return ok_ ? count : 0;
  }

  KeySet Keys() {
    const uint64_t count = Count(8);
    std::vector<uint64_t> keys;
    for (uint64_t i = 0; i < count; ++i) keys.push_back(Number());
    Check(Rises(keys, [](uint64_t key) { return key; }));
    return KeySet(std::move(keys));
  }

  KeyTraces Traces() {
    std::deque<KeyTraces::Stretch> stretches;
    for (uint64_t count = Count(40); count > 0; --count) {
      stretches.push_back(
          {.number = Number(), .began = When(), .nameless = Number()});
    }
    const auto number = [](const auto& stretch) { return stretch.number; };
    Check(Rises(stretches, number));
    std::vector<KeyTraces::Trace> traces;
    for (uint64_t count = Count(24); count > 0; --count) {
      traces.push_back(
          {.key = Number(), .entry = Number(), .stretch = Number()});
    }
    Check(Rises(traces, [](const auto& trace) { return trace.key; }));
    for (const KeyTraces::Trace& trace : traces) {
      Check(std::binary_search(
          stretches.begin(), stretches.end(),
          KeyTraces::Stretch{.number = trace.stretch, .began = {}},
          [&](const auto& one, const auto& other) {
            return number(one) < number(other);
          }));
    }
    return KeyTraces(std::move(stretches), std::move(traces));
  }

 private:
  void Check(bool right) { ok_ = ok_ && right; }
  bool Have(uint64_t bytes) {
    Check(bytes <= rest_.size());
    return ok_;
  }

  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace

uint64_t GuardRecord::Measure(uint64_t entries) const {
  // They fall: the front is the largest.
  return counts.empty() ? entries : std::max(entries, counts.front().entries);
}

void GuardRecord::Expire(const Moment& now) {
  std::erase_if(counts, [&](MapSize& size) {
    return IsOver(&size.when, now, KeyTraces::kMemory);
  });
  if (!hold.has_value() || !hold->removals) missing.Expire(now);
  if (!hold.has_value() || !hold->values) changed.Expire(now);
}

void GuardRecord::Fell(uint64_t entries, const Moment& now) {
  while (!counts.empty() && counts.back().entries <= entries) counts.pop_back();
  counts.push_back({entries, now});
}

std::string EncodeGuardRecord(const GuardRecord& record) {
  Encoder out;
  out.Number(kVersion);
  out.Number(record.counts.size());
  for (const MapSize& size : record.counts) {
    out.Number(size.entries);
    out.When(size.when);
  }
  out.Traces(record.missing);
  out.Traces(record.changed);
  out.Number(record.hold.has_value() ? 1 : 0);
  if (record.hold.has_value()) {
    out.Number(record.hold->removals ? 1 : 0);
    out.Number(record.hold->values ? 1 : 0);
    out.Number(record.hold->unknown ? 1 : 0);
    out.Number(record.hold->measure);
    out.Keys(record.hold->newcomers);
  }
  out.Keys(record.held_keys.uncontained);
  out.Keys(record.held_keys.later);
  out.Keys(record.held_keys.gone);
  return std::move(out).bytes();
}

absl::StatusOr<GuardRecord> DecodeGuardRecord(absl::string_view bytes) {
  GuardRecord record;
  Decoder in(bytes);
  if (in.Number() != kVersion) {
    return absl::DataLossError("what the guard remembers is damaged");
  }
  for (uint64_t count = in.Count(32); count > 0; --count) {
    record.counts.push_back({.entries = in.Number(), .when = in.When()});
  }
  record.missing = in.Traces();
  record.changed = in.Traces();
  if (in.Flag()) {
    record.hold = Hold{.removals = in.Flag(),
                       .values = in.Flag(),
                       .unknown = in.Flag(),
                       .measure = in.Number(),
                       .newcomers = in.Keys()};
  }
  record.held_keys.uncontained = in.Keys();
  record.held_keys.later = in.Keys();
  record.held_keys.gone = in.Keys();
  if (!in.AtEnd()) {
    return absl::DataLossError("what the guard remembers is damaged");
  }
  return record;
}

}  // namespace postmirror
