#include "proxy/lookup/store_watch.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {

void StoreWatch::Tick() {
  absl::Status status = refresh_();
  open_ = status.ok();
  // Another reason is another fault; the same one is told once.
  if (status == status_ && !first_) return;
  if (status.ok()) {
    logger_->Notice("the store is open");
  } else {
    logger_->Warning(absl::StrCat("lookups are answered as temporary errors: ",
                                  status.message()));
  }
  status_ = std::move(status);
  first_ = false;
}

}  // namespace postmirror
