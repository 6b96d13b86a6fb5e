#include "sync/binlog/inflate.h"

#include <zlib.h>

#include <cstdint>

#include "sync/binlog/byte_reader.h"

namespace postmirror {
namespace {

// The header's first byte: a mark, the algorithm, and how many bytes of length
// follow, the most significant first.
constexpr unsigned kCompressedMark = 0x80;
constexpr unsigned kAlgorithmMask = 0x70;  // 0 is zlib
constexpr unsigned kLengthBytesMask = 0x0f;

// Deflate cannot do better (https://zlib.net/zlib_tech.html), so that nobody
// has to find memory for a length that is a lie.
constexpr size_t kMaxRatio = 1032;

std::optional<size_t> TakeLength(ByteReader* in) {
  const unsigned first = in->Byte();
  const unsigned length_bytes = first & kLengthBytesMask;
  if ((first & (kCompressedMark | kAlgorithmMask)) != kCompressedMark ||
      length_bytes < 1 || length_bytes > 4) {
    return std::nullopt;
  }
  size_t length = 0;
  for (unsigned i = 0; i < length_bytes; ++i) length = length << 8 | in->Byte();
  if (!in->ok()) return std::nullopt;
  return length;
}

}  // namespace

std::optional<std::string> Inflate(absl::string_view bytes, size_t max_bytes) {
  ByteReader in(bytes);
  const std::optional<size_t> length = TakeLength(&in);
  if (!length.has_value() || *length > max_bytes ||
      *length / kMaxRatio > in.rest().size()) {
    return std::nullopt;
  }
  std::string inflated(*length, '\0');
  uLongf inflated_bytes = inflated.size();
  uLong deflated_bytes = in.rest().size();
  const int result = uncompress2(
      reinterpret_cast<Bytef*>(inflated.data()), &inflated_bytes,
      reinterpret_cast<const Bytef*>(in.rest().data()), &deflated_bytes);
  if (result != Z_OK || inflated_bytes != inflated.size() ||
      deflated_bytes != in.rest().size()) {
    return std::nullopt;
  }
  return inflated;
}

}  // namespace postmirror
