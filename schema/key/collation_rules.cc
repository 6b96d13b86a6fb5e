#include "schema/key/collation_rules.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "schema/key/key_folding.h"
#include "schema/key/utf8.h"

namespace postmirror {
namespace {

constexpr char32_t kLastCharacter = 0x10FFFF;

// Do not change: stored. The bits of the first number.
constexpr uint64_t kPads = 1;
constexpr uint64_t kBytes = 2;
constexpr uint64_t kExact = 4;

// Seven bits a byte, least significant first; all bytes but the last have the
// top bit.
void AppendNumber(uint64_t number, std::string* out) {
  for (; number >= 0x80; number >>= 7) {
    out->push_back(static_cast<char>(0x80 | (number & 0x7F)));
  }
  out->push_back(static_cast<char>(number));
}

void AppendText(absl::string_view text, std::string* out) {
  AppendNumber(text.size(), out);
  absl::StrAppend(out, text);
}

// Takes values off the front; once one was not there, all are 0 or empty.
class Reader {
 public:
  explicit Reader(absl::string_view in) : in_(in) {}

  uint64_t Number() {
    uint64_t number = 0;
    for (int shift = 0; shift < 35 && !in_.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      number |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) {
        if (byte == 0 && shift > 0) break;  // not the shortest form
        return number;
      }
    }
    return Fail();
  }

  std::string Text() { return Bytes(Number()); }

  std::string Bytes(uint64_t size) {
    if (size > in_.size()) {
      Fail();
      return "";
    }
    std::string text(in_.substr(0, size));
    in_.remove_prefix(size);
    return text;
  }

  uint64_t Fail() {
    failed_ = true;
    in_ = absl::string_view();
    return 0;
  }

  bool failed() const { return failed_; }
  bool AtEnd() const { return !failed_ && in_.empty(); }

 private:
  absl::string_view in_;
  bool failed_ = false;
};

void AppendRanges(const std::vector<CollationRules::Range>& ranges,
                  std::string* out) {
  AppendNumber(ranges.size(), out);
  uint64_t next = 0;
  for (const CollationRules::Range& range : ranges) {
    AppendNumber(range.first - next, out);
    AppendNumber(uint64_t{range.last} - range.first, out);
    AppendNumber(range.form.has_value() ? range.form->size() + 1 : 0, out);
    if (range.form.has_value()) absl::StrAppend(out, *range.form);
    next = uint64_t{range.last} + 1;
  }
}

std::vector<CollationRules::Range> TakeRanges(Reader* reader) {
  std::vector<CollationRules::Range> ranges;
  uint64_t next = 0;
  for (uint64_t count = reader->Number(); count > 0 && !reader->failed();
       --count) {
    const uint64_t first = next + reader->Number();
    const uint64_t last = first + reader->Number();
    if (last > kLastCharacter) reader->Fail();
    std::optional<std::string> form;
    if (const uint64_t size = reader->Number(); size > 0) {
      form = reader->Bytes(size - 1);
    }
    ranges.push_back({.first = static_cast<char32_t>(first),
                      .last = static_cast<char32_t>(last),
                      .form = std::move(form)});
    next = last + 1;
  }
  return ranges;
}

std::vector<CollationRules::Sequence> TakeSequences(Reader* reader) {
  std::vector<CollationRules::Sequence> sequences;
  for (uint64_t count = reader->Number(); count > 0 && !reader->failed();
       --count) {
    std::string text = reader->Text();
    std::string form = reader->Text();
    const bool ascending = sequences.empty() || sequences.back().text < text;
    if (text.empty() || !IsUtf8(text) || !ascending) reader->Fail();
    sequences.push_back({std::move(text), std::move(form)});
  }
  return sequences;
}

}  // namespace

std::string EncodeCollationRules(const CollationRules& rules) {
  std::string out;
  AppendNumber((rules.pads ? kPads : 0) | (rules.bytes ? kBytes : 0) |
                   (rules.exact ? kExact : 0),
               &out);
  AppendText(rules.name, &out);
  AppendRanges(rules.ranges, &out);
  AppendNumber(rules.sequences.size(), &out);
  for (const CollationRules::Sequence& sequence : rules.sequences) {
    AppendText(sequence.text, &out);
    AppendText(sequence.form, &out);
  }
  return out;
}

absl::StatusOr<CollationRules> DecodeCollationRules(absl::string_view bytes) {
  Reader reader(bytes);
  CollationRules rules;
  const uint64_t bits = reader.Number();
  if (bits > (kPads | kBytes | kExact)) reader.Fail();
  rules.pads = (bits & kPads) != 0;
  rules.bytes = (bits & kBytes) != 0;
  rules.exact = (bits & kExact) != 0;
  rules.name = reader.Text();
  rules.ranges = TakeRanges(&reader);
  rules.sequences = TakeSequences(&reader);
  if (reader.AtEnd()) return rules;
  return absl::DataLossError("collation rules are damaged");
}

CollationRules AsciiCiRules() {
  CollationRules rules{
      .name = "ascii_ci", .exact = false, .ranges = {}, .sequences = {}};
  for (char32_t c = 0; c <= kLastCharacter; ++c) {
    if (c == 0xD800) c = 0xE000;  // surrogates are no characters
    const std::string text = Utf8Of(c);
    std::string folded;
    if (!FoldKey(text, true, &folded) || folded == text) continue;
    rules.ranges.push_back({.first = c, .last = c, .form = std::move(folded)});
  }
  return rules;
}

}  // namespace postmirror
