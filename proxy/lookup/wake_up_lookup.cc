#include "proxy/lookup/wake_up_lookup.h"

#include <cstdint>
#include <utility>

#include "schema/config/parameter.h"

namespace postmirror {

WakeUpLookup::WakeUpLookup(std::shared_ptr<const Config> config,
                           StoreReader* store, const Clock* clock,
                           Logger* logger)
    : config_(std::move(config)),
      served_(Parameters().size()),
      lookup_(*config_, store),
      log_(clock, logger) {
  for (size_t i = 0; i < config_->served.size(); ++i) {
    served_[IndexOf(*config_->served[i].parameter)] = i;
  }
}

Outcome WakeUpLookup::Lookup(size_t parameter, absl::string_view key,
                             std::string* value) {
  if (!begun_) lookup_.Begin();
  begun_ = true;
  const uint64_t moment = lookup_.moment();
  const std::optional<Outcome> kept =
      cache_.Find(moment, parameter, key, value);
  if (kept.has_value()) return *kept;
  const Outcome outcome = Ask(parameter, key, value);
  cache_.Keep(moment, parameter, key, outcome, *value);
  if (outcome == Outcome::kTemporary) {
    log_.Report(Parameters()[parameter].name, key, *value);
  }
  return outcome;
}

Outcome WakeUpLookup::Ask(size_t parameter, absl::string_view key,
                          std::string* value) {
  if (served_[parameter].has_value()) {
    return lookup_.Lookup(*served_[parameter], key, value);
  }
  *value = "postmirror.cf does not define this parameter";
  return Outcome::kTemporary;
}

void WakeUpLookup::End() {
  if (begun_) lookup_.End();
  begun_ = false;
}

}  // namespace postmirror
