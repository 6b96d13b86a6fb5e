#include <sysexits.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "schema/lookup/parameter_lookup.h"
#include "schema/runtime/exit_code.h"
#include "schema/runtime/standard_streams.h"
#include "schema/store/store_reader.h"
#include "sync/ctl/commands.h"
#include "sync/ctl/folder_owner.h"

namespace postmirror {

int LookUp(const Config& config, const std::string& parameter,
           const std::string& key, bool exact, Logger& logger) {
  const ServedParameter* served = config.Find(parameter);
  if (served == nullptr) {
    logger.Error(absl::StrCat("postmirror.cf does not serve ", parameter));
    return EX_USAGE;
  }
  const bool is_root = geteuid() == 0;
  const absl::StatusOr<Config> ours = BecomeStoreOwner(config);
  if (!ours.ok()) {
    logger.Error(ours.status().message());
    return absl::IsNotFound(ours.status()) ? EX_TEMPFAIL
                                           : ExitCode(ours.status());
  }
  StoreReader store(ours->store);
  const absl::Status opened = store.Refresh();
  if (absl::IsPermissionDenied(opened) && !is_root) {
    logger.Error(absl::StrCat("this user may not read the store: ",
                              opened.message(), "; run postmirrorctl as root"));
    return EX_NOPERM;
  }
  ParameterLookup lookup(config, &store);
  const size_t index = static_cast<size_t>(served - config.served.data());
  std::string value;
  lookup.Begin();
  const Outcome outcome = exact ? lookup.LookupExact(index, key, &value)
                                : lookup.Lookup(index, key, &value);
  lookup.End();
  switch (outcome) {
    case Outcome::kFound:
      PrintLine(value);
      return EX_OK;
    case Outcome::kNotFound:
      return 1;  // postmap(1)
    case Outcome::kTemporary:
      break;
  }
  const absl::string_view why = opened.ok() ? value : opened.message();
  logger.Error(absl::StrCat(
      "temporary: ", absl::StrReplaceAll(why, {{ours->store, config.store}})));
  return EX_TEMPFAIL;
}

}  // namespace postmirror
