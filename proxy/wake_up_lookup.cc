#include "proxy/wake_up_lookup.h"

#include <cstdint>
#include <optional>

namespace postmirror {

Outcome WakeUpLookup::Lookup(size_t served, absl::string_view key,
                             std::string* value) {
  if (!begun_) lookup_.Begin();
  begun_ = true;
  const uint64_t moment = lookup_.moment();
  const std::optional<Outcome> kept = cache_.Find(moment, served, key, value);
  if (kept.has_value()) return *kept;
  const Outcome outcome = lookup_.Lookup(served, key, value);
  cache_.Keep(moment, served, key, outcome, *value);
  if (outcome == Outcome::kTemporary) {
    log_.Report(config_.served[served].parameter->name, key, *value);
  }
  return outcome;
}

void WakeUpLookup::End() {
  if (begun_) lookup_.End();
  begun_ = false;
}

}  // namespace postmirror
