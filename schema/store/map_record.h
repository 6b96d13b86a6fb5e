// What the store says of one map: which sub-database serves it, under which
// definition. Written by sync in the transaction that fills the map; the bytes
// are described in schema/README.md.
#ifndef POSTMIRROR_SCHEMA_STORE_MAP_RECORD_H_
#define POSTMIRROR_SCHEMA_STORE_MAP_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace postmirror {

struct MapRecord {
  std::string sub_database;  // its LMDB name, such as "m7"; never used again
  // What makes two maps hold the same entries: dbname, mirror query,
  // result_format, expansion_limit, domain, normalization. Compared as text.
  std::string definition;
  std::vector<std::string> domain;  // mysql_table(5); empty: every domain
  std::string key_collation;        // its name, for the operator
  std::string collation_digest;     // what the status keeps it under
  bool utf8 = true;                 // how keys were folded (Normalization)
  uint64_t entries = 0;             // keys in the sub-database
  // Rows whose normalized key is over 511 bytes, which LMDB cannot hold.
  uint64_t unstorable_rows = 0;

  friend bool operator==(const MapRecord&, const MapRecord&) = default;
};

std::string EncodeMapRecord(const MapRecord& record);

// Fails with kDataLoss on anything but an encoding of EncodeMapRecord.
absl::StatusOr<MapRecord> DecodeMapRecord(absl::string_view bytes);

}  // namespace postmirror

#endif  // POSTMIRROR_SCHEMA_STORE_MAP_RECORD_H_
