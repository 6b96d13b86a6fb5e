// `$name` in the values of postmirror.cf, as postconf(5) has it. Map files know
// no expansion: Postfix reads a `$` there as it stands, and passwords hold it.
#ifndef POSTMIRROR_SCHEMA_CONFIG_CF_EXPANSION_H_
#define POSTMIRROR_SCHEMA_CONFIG_CF_EXPANSION_H_

#include "absl/status/statusor.h"
#include "schema/config/cf_file.h"

namespace postmirror {

// Returns `entry` with its value expanded: with `$name`, `${name}` and
// `$(name)` filled in from `file`, and again in what was filled in, and `$$` as
// `$`. `$mydomain`, where the file does not state it, is `$myhostname` without
// its first label, or "localdomain" if it has one label, as in Postfix. Fails
// with kInvalidArgument and a message that starts with the entry's name: for a
// name without a value in the file (nothing is known of main.cf, and an empty
// text in its place would be a wrong domain), for the forms with `?` or `:`,
// for a name that needs itself, and beyond 1000 names or 64 KiB.
absl::StatusOr<CfEntry> ExpandedEntry(const CfFile& file, const CfEntry& entry);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_CF_EXPANSION_H_
