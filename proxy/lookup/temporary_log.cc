#include "proxy/lookup/temporary_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "schema/config/cf_errors.h"

namespace postmirror {
namespace {

// A reason may quote a value, which may be long.
constexpr size_t kMaxReasonBytes = 300;

// What a reason quotes differs from lookup to lookup.
absl::string_view KindOf(absl::string_view reason) {
  return reason.substr(0, std::min(reason.find('"'), kMaxReasonBytes));
}

bool IsSilent(const std::optional<Moment>& said, const Moment& now) {
  return said.has_value() && Elapsed(*said, now) < absl::Minutes(1);
}

}  // namespace

void TemporaryLog::Report(absl::string_view parameter, absl::string_view key,
                          absl::string_view reason) {
  const Moment now = clock_.Now();
  Fault& fault = FaultOf(parameter, KindOf(reason), now);
  if (IsSilent(fault.said, now)) {
    ++fault.unsaid;
    return;
  }
  logger_.Warning(absl::StrCat(
      parameter, ": the lookup of ", Quoted(key), " is answered temporarily: ",
      absl::Utf8SafeCEscape(reason.substr(0, kMaxReasonBytes)),
      fault.unsaid == 0 ? ""
                        : absl::StrCat("; ", fault.unsaid, " others before")));
  fault.said = now;
  fault.unsaid = 0;
}

TemporaryLog::Fault& TemporaryLog::FaultOf(absl::string_view parameter,
                                           absl::string_view kind,
                                           const Moment& now) {
  const auto known =
      std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
        return absl::string_view(fault.parameter) == parameter &&
               absl::string_view(fault.kind) == kind;
      });
  if (known != faults_.end()) return *known;
  Fault fault = {.parameter = std::string(parameter),
                 .kind = std::string(kind),
                 .said = std::nullopt};
  if (faults_.size() < kMaxFaults) {
    faults_.push_back(std::move(fault));
    return faults_.back();
  }
  const auto over = std::find_if(
      faults_.begin(), faults_.end(),
      [&](const Fault& other) { return !IsSilent(other.said, now); });
  if (over == faults_.end()) return faults_.front();
  *over = std::move(fault);
  return *over;
}

}  // namespace postmirror
