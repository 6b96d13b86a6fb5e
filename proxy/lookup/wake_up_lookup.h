// One worker's way to the store: one moment of it for each wake-up, and none
// while the worker waits, so that sync can reuse pages and the store can be
// reopened. What was found in a moment is kept for as long as the store is at
// it. Used by one thread.
#ifndef POSTMIRROR_PROXY_LOOKUP_WAKE_UP_LOOKUP_H_
#define POSTMIRROR_PROXY_LOOKUP_WAKE_UP_LOOKUP_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "proxy/lookup/reply_cache.h"
#include "proxy/lookup/temporary_log.h"
#include "schema/config/config.h"
#include "schema/lookup/parameter_lookup.h"
#include "schema/runtime/clock.h"
#include "schema/runtime/logger.h"
#include "schema/search/outcome.h"
#include "schema/status/proxy_status.h"
#include "schema/store/store_reader.h"

namespace postmirror {

class WakeUpLookup {
 public:
  // `store`, `clock` and `logger` must outlive it.
  WakeUpLookup(std::shared_ptr<const Config> config, StoreReader* store,
               const Clock* clock, Logger* logger);

  // Looks up `key` in the parameter of that index into Parameters(); temporary
  // where the configuration does not define it. See ParameterLookup::Lookup.
  // The first one of a wake-up begins the moment; what is temporary is logged.
  Outcome Lookup(size_t parameter, absl::string_view key, std::string* value);

  // Says of the store, and of each map of the configuration, what lookups see.
  // A moment has begun then. For the thread that refreshes the store.
  void Describe(ProxyStatus* status);

  // To be called before waiting, and before the store is reopened.
  void End();

 private:
  void Begin();
  Outcome Ask(size_t parameter, absl::string_view key, std::string* value);

  const std::shared_ptr<const Config> config_;
  // By index into Parameters(): that into config_->served.
  std::vector<std::optional<size_t>> served_;
  StoreReader* const store_;
  ParameterLookup lookup_;
  ReplyCache cache_;
  TemporaryLog log_;
  bool begun_ = false;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_LOOKUP_WAKE_UP_LOOKUP_H_
