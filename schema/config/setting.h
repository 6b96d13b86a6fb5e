// The settings of postmirror.cf that are one value each: their names, defaults
// (the initializers in config.h), ranges and where they go.
#ifndef POSTMIRROR_SCHEMA_CONFIG_SETTING_H_
#define POSTMIRROR_SCHEMA_CONFIG_SETTING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/config/config.h"

namespace postmirror {

struct Setting {
  absl::string_view name;
  // Sets what `value`, already expanded, means. Fails with kInvalidArgument and
  // a message that goes on after the quoted value, such as `is not yes or no,
  // ...`.
  absl::Status (*apply)(absl::string_view value, Config* config);
};

// The setting of that name, or nullptr.
const Setting* FindSetting(absl::string_view name);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_SETTING_H_
