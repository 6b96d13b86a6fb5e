// Facts of hosts, and what was read of them, as tests write them down.
#ifndef POSTMIRROR_TESTS_SYNC_HOST_FACTS_TEXT_H_
#define POSTMIRROR_TESTS_SYNC_HOST_FACTS_TEXT_H_

#include <string>

#include "sync/host_facts.h"
#include "sync/read_bound.h"

namespace postmirror {

inline GtidPositions Gtids(const std::string& text) {
  return ParseGtids(text).value_or(GtidPositions{{{99, 99}, 99}});
}

// A host with a binlog and two tables: `name` is its entry, `server_id` also
// makes its server_uid.
inline HostFacts HostAt(const std::string& name, uint32_t server_id,
                        const std::string& gtids) {
  HostFacts facts;
  facts.traits.host = name;
  facts.traits.server_uid = "uid" + std::to_string(server_id);
  facts.traits.lsn = 5000;
  facts.traits.lsn_flushed = 4900;
  facts.traits.binlog = BinlogPosition{"bin.000004", 700};
  facts.traits.created = {{{"mail", "a"}, "100"}, {{"mail", "b"}, "200"}};
  facts.server_id = server_id;
  facts.gtids = facts.written = Gtids(gtids);
  return facts;
}

// What was read when a host was as `facts` say, and nothing before.
inline ReadBound ReadOf(const HostFacts& facts) {
  return BoundAfter(std::nullopt, facts, Reading::kTaken);
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_HOST_FACTS_TEXT_H_
