#include "schema/store/map_record.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace postmirror {
namespace {

// Do not change: stored. The version of the record's encoding.
constexpr uint64_t kVersion = 1;

void AppendNumber(uint64_t number, std::string* out) {
  for (int i = 0; i < 8; ++i) {
    out->push_back(static_cast<char>((number >> (8 * i)) & 0xff));
  }
}

void AppendText(absl::string_view text, std::string* out) {
  AppendNumber(text.size(), out);
  absl::StrAppend(out, text);
}

bool TakeNumber(absl::string_view* in, uint64_t* number) {
  if (in->size() < 8) return false;
  *number = 0;
  for (size_t i = 0; i < 8; ++i) {
    *number |= uint64_t{static_cast<unsigned char>((*in)[i])} << (8 * i);
  }
  in->remove_prefix(8);
  return true;
}

bool TakeText(absl::string_view* in, std::string* text) {
  uint64_t size = 0;
  if (!TakeNumber(in, &size) || size > in->size()) return false;
  text->assign(in->data(), size);
  in->remove_prefix(size);
  return true;
}

bool TakeTexts(absl::string_view* in, std::vector<std::string>* texts) {
  uint64_t count = 0;
  if (!TakeNumber(in, &count)) return false;
  for (; count > 0; --count) {
    std::string text;
    if (!TakeText(in, &text)) return false;
    texts->push_back(std::move(text));
  }
  return true;
}

}  // namespace

std::string EncodeMapRecord(const MapRecord& record) {
  std::string out;
  AppendNumber(kVersion, &out);
  AppendText(record.sub_database, &out);
  AppendText(record.definition, &out);
  AppendNumber(record.domain.size(), &out);
  for (const std::string& domain : record.domain) AppendText(domain, &out);
  AppendText(record.key_collation, &out);
  AppendText(record.collation_digest, &out);
  AppendNumber(record.utf8 ? 1 : 0, &out);
  AppendNumber(record.entries, &out);
  AppendNumber(record.unstorable_rows, &out);
  return out;
}

absl::StatusOr<MapRecord> DecodeMapRecord(absl::string_view bytes) {
  MapRecord record;
  uint64_t version = 0;
  uint64_t utf8 = 0;
  if (!TakeNumber(&bytes, &version) || version != kVersion ||
      !TakeText(&bytes, &record.sub_database) ||
      !TakeText(&bytes, &record.definition) ||
      !TakeTexts(&bytes, &record.domain) ||
      !TakeText(&bytes, &record.key_collation) ||
      !TakeText(&bytes, &record.collation_digest) ||
      !TakeNumber(&bytes, &utf8) || utf8 > 1 ||
      !TakeNumber(&bytes, &record.entries) ||
      !TakeNumber(&bytes, &record.unstorable_rows) || !bytes.empty()) {
    return absl::DataLossError("map record is damaged");
  }
  record.utf8 = utf8 == 1;
  return record;
}

}  // namespace postmirror
