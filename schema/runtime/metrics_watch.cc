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

bool MetricsWatch::Serve(const std::string& address) {
  const bool is_new = address != wanted_;
  if (!is_new && address == served_) return !served_.empty();
  const Moment now = clock_.Now();
  if (!is_new && tried_.has_value() && Elapsed(*tried_, now) < kTryAgain) {
    return !served_.empty();
  }
  wanted_ = address;
  tried_ = now;
  const absl::Status listens = endpoint_.Listen(address);
  if (listens.ok()) {
    if (!failure_.empty() && !address.empty()) {
      logger_.Notice(absl::StrCat("metrics are served at ", address));
    }
    served_ = address;
    failure_.clear();
  } else if (is_new || failure_ != listens.message()) {
    failure_ = std::string(listens.message());
    logger_.Error(absl::StrCat(setting_, ": ", failure_,
                               "; metrics are not served there: free the "
                               "address, or name another one and reload; it "
                               "is tried again every minute"));
  }
  return !served_.empty();
}

}  // namespace postmirror
