#include "proxy/status_line.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace postmirror {

std::string ProxyStatusLine(const Config& config, const absl::Status& store,
                            const std::vector<std::string>& waiting) {
  if (absl::Status serves = CheckServes(config); !serves.ok()) {
    return absl::StrCat("not configured: ", serves.message());
  }
  if (!store.ok()) {
    return absl::StrCat("every lookup is answered temporarily: ",
                        store.message());
  }
  std::string text =
      absl::StrCat("answering, parameters: ", config.served.size());
  if (!waiting.empty()) {
    absl::StrAppend(&text,
                    "; from their former maps: ", absl::StrJoin(waiting, ", "));
  }
  return text;
}

}  // namespace postmirror
