// The collations of key columns, asked of a server once each, and kept across
// restarts. Shared by the loops of sync; any thread may call.
#ifndef POSTMIRROR_SYNC_COLLATION_TABLES_H_
#define POSTMIRROR_SYNC_COLLATION_TABLES_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "schema/key/collation_rules.h"
#include "schema/store/stored_collation.h"
#include "sync/mariadb/connection.h"

namespace postmirror {

class CollationTables {
 public:
  using Collation = std::shared_ptr<const StoredCollation>;

  // What is learnt is kept in `folder`, which may come later, or nowhere where
  // that is empty.
  explicit CollationTables(std::string folder = "")
      : folder_(std::move(folder)) {}

  // The collation of that name on the server of `connection`. Fails with
  // kFailedPrecondition where it cannot be reproduced exactly: it has rules of
  // a language, several levels, or a character set that is not known here.
  absl::StatusOr<Collation> Get(Connection& connection,
                                const std::string& name);

  // See AsciiCiRules.
  Collation AsciiCi();

 private:
  absl::StatusOr<CollationRules> FindRules(Connection& connection,
                                           const std::string& name) const;

  const std::string folder_;
  std::mutex mutex_;
  // By version of the server and name: another version may weigh otherwise.
  std::map<std::pair<std::string, std::string>, Collation> known_;
  Collation ascii_ci_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_SYNC_COLLATION_TABLES_H_
