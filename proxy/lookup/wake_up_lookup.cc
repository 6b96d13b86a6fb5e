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
      store_(store),
      lookup_(*config_, store),
      log_(clock, logger) {
  for (size_t i = 0; i < config_->served.size(); ++i) {
    served_[IndexOf(*config_->served[i].parameter)] = i;
  }
}

Outcome WakeUpLookup::Lookup(size_t parameter, absl::string_view key,
                             std::string* value) {
  Begin();
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

void WakeUpLookup::Describe(ProxyStatus* status) {
  Begin();
  StoreView& view = lookup_.view();
  status->commit = view.commit();
  status->data_file = store_->DataFile();
  if (!view.state().ok())
    status->temporary = std::string(view.state().message());
  const std::vector<std::string> names = config_->MapNames();
  for (size_t i = 0; i < names.size(); ++i) {
    ProxyMap map = {
        .name = names[i], .entries = {}, .key_collation = {}, .temporary = {}};
    if (const MapRecord* const record = view.Record(i); record != nullptr) {
      map.entries = record->entries;
      map.key_collation = record->key_collation;
    } else {
      // Asking for a key that no map has says why a map cannot be asked.
      view.Lookup(i, "", &map.temporary);
    }
    status->maps.push_back(std::move(map));
  }
}

void WakeUpLookup::Begin() {
  if (!begun_) lookup_.Begin();
  begun_ = true;
}

void WakeUpLookup::End() {
  if (begun_) lookup_.End();
  begun_ = false;
}

}  // namespace postmirror
