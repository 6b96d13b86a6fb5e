#include "schema/runtime/metrics_watch.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

constexpr absl::Duration kTryAgain = absl::Minutes(1);

}  // namespace

MetricsWatch::MetricsWatch(std::string setting,
                           MetricsEndpoint::Collect collect, const Clock* clock,
                           Logger* logger)
    : setting_(std::move(setting)),
      clock_(*clock),
      logger_(*logger),
      endpoint_(std::move(collect)) {}

void MetricsWatch::Serve(const std::string& address) {
  if (address != wanted_) failure_.clear();
  wanted_ = address;
  Try();
}

void MetricsWatch::Tick() {
  if (wanted_ != served_ && Elapsed(tried_, clock_.Now()) >= kTryAgain) Try();
}

void MetricsWatch::Try() {
  tried_ = clock_.Now();
  const absl::Status listens = endpoint_.Listen(wanted_);
  if (!listens.ok()) {
    if (absl::string_view(failure_) == listens.message()) return;
    failure_ = std::string(listens.message());
    logger_.Error(absl::StrCat(setting_, ": ", failure_,
                               "; metrics are not served there: free the "
                               "address, or name another one and reload; it "
                               "is tried again every minute"));
    return;
  }
  if (!failure_.empty()) {
    logger_.Notice(absl::StrCat("metrics are served at ", wanted_));
  }
  served_ = wanted_;
  failure_.clear();
}

}  // namespace postmirror
