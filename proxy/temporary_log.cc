#include "proxy/temporary_log.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace postmirror {
namespace {

// A reason may quote a value, which may be long.
constexpr size_t kMaxReasonBytes = 300;

}  // namespace

void TemporaryLog::Report(absl::string_view parameter,
                          absl::string_view reason) {
  const Moment now = clock_.Now();
  if (said_.has_value() && Elapsed(*said_, now) < absl::Minutes(1)) {
    ++unsaid_;
    return;
  }
  logger_.Warning(absl::StrCat(
      "a lookup in ", parameter, " is answered temporarily: ",
      absl::Utf8SafeCEscape(reason.substr(0, kMaxReasonBytes)),
      unsaid_ == 0 ? "" : absl::StrCat("; ", unsaid_, " others before")));
  said_ = now;
  unsaid_ = 0;
}

}  // namespace postmirror
