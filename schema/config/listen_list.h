// The whole `listen` of postmirror.cf.
#ifndef POSTMIRROR_SCHEMA_CONFIG_LISTEN_LIST_H_
#define POSTMIRROR_SCHEMA_CONFIG_LISTEN_LIST_H_

#include <set>
#include <string>
#include <vector>

#include "schema/config/cf_errors.h"
#include "schema/config/cf_file.h"
#include "schema/config/listen_entry.h"

namespace postmirror {

// Returns the entries in `entry.value`, in order. What is no listen entry, an
// address that is listed twice, and a parameter that is not among `defined` are
// added to `*errors`, as is an empty list, which would serve nobody.
std::vector<ListenEntry> ParseListenList(const CfEntry& entry,
                                         const std::set<std::string>& defined,
                                         CfErrors* errors);

// Where the programs listen if postmirror.cf does not say: on the loopback
// address the tcp ports 10040 to 10042 for virtual_mailbox_domains,
// virtual_mailbox_maps and virtual_alias_maps, as far as they are among
// `defined`, and a socketmap on port 10043; and a socketmap in Postfix's queue
// directory.
std::vector<ListenEntry> DefaultListenList(
    const std::set<std::string>& defined);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_CONFIG_LISTEN_LIST_H_
