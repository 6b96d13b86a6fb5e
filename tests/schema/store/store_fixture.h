// A real store in a temporary folder, filled as sync fills it and read as the
// proxy reads it. What writes runs in a process of its own: a process opens a
// store once.
#ifndef POSTMIRROR_TESTS_SCHEMA_STORE_STORE_FIXTURE_H_
#define POSTMIRROR_TESTS_SCHEMA_STORE_STORE_FIXTURE_H_

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "schema/key/collation_rules.h"
#include "schema/store/map_record.h"
#include "schema/store/store_reader.h"
#include "schema/store/store_view.h"
#include "schema/store/store_writer.h"

namespace postmirror {

// The text that `act` returns in a process of its own, or "signal N" or
// "exit N" where that process did not come to an end.
std::string InChild(absl::FunctionRef<std::string()> act);

// "OK", or the name of the code: "DATA_LOSS".
std::string CodeOf(const absl::Status& status);

// "TEMP", "NOTFOUND" or the value. REQUIRES: between Begin and End.
std::string LookUp(StoreView* view, size_t map, absl::string_view key);

using Entries = std::map<std::string, std::string>;  // key -> value

// One map as a fill leaves it. Of `record`, what a fill does not know itself is
// taken: definition, domain, utf8, unstorable_rows, rows.
struct FilledMap {
  std::string name = {};
  Entries values = {};
  std::vector<std::string> temporary = {};  // keys with the mark TEMP
  MapRecord record = {};
  // Keys stand in the store as Postfix folds them; a miss of one that is not
  // ASCII says nothing.
  CollationRules collation = {
      .name = "folded", .exact = false, .ranges = {}, .sequences = {}};
};

// Fills each map into a new sub-database and drops the one it had, in one
// transaction.
absl::Status FillMaps(const std::vector<FilledMap>& maps, StoreWriter* writer);

// `count` entries, "key000000" and on, of that many bytes.
Entries ManyEntries(size_t count, size_t value_bytes);

class TemporaryStore {
 public:
  TemporaryStore();
  ~TemporaryStore();
  TemporaryStore(const TemporaryStore&) = delete;
  TemporaryStore& operator=(const TemporaryStore&) = delete;

  // Around the store, for what is to stand beside it.
  const std::string& around() const { return around_; }
  std::string path() const { return around_ + "/store"; }
  std::string folder() const { return path() + "/v1"; }
  std::string data_file() const { return folder() + "/data.mdb"; }
  std::string lock_file() const { return folder() + "/lock.mdb"; }

  // Both fail the test where they do not succeed.
  void Fill(const std::vector<FilledMap>& maps) const;
  void Write(absl::FunctionRef<absl::Status(StoreWriter*)> act) const;

 private:
  std::string around_;
};

// One reader with one view on it.
class LookupFixture : public ::testing::Test {
 protected:
  // The views' maps are named so.
  static constexpr char kMap[] = "/etc/postmirror/a.cf";
  static constexpr char kOtherMap[] = "/etc/postmirror/b.cf";

  // A lookup in a moment of its own: "TEMP", "NOTFOUND" or the value.
  std::string Look(absl::string_view key, size_t map = 0) {
    view_.Begin();
    std::string answer = LookHere(key, map);
    view_.End();
    return answer;
  }

  // The same between Begin and End.
  std::string LookHere(absl::string_view key, size_t map = 0) {
    return LookUp(&view_, map, key);
  }

  // What the operator reads of a lookup that is TEMP.
  std::string Reason(absl::string_view key, size_t map = 0) {
    std::string reason;
    view_.Begin();
    EXPECT_EQ(view_.Lookup(map, key, &reason), Outcome::kTemporary);
    view_.End();
    return reason;
  }

  std::string Refresh() { return CodeOf(reader_.Refresh()); }

  TemporaryStore store_;
  StoreReader reader_{store_.path()};
  StoreView view_{&reader_, {kMap, kOtherMap}};
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SCHEMA_STORE_STORE_FIXTURE_H_
