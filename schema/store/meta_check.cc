#include "schema/store/meta_check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "schema/runtime/plain_file.h"
#include "schema/store/store_error.h"

namespace postmirror {
namespace {

// A meta page behind its header of 16 bytes, as LMDB 0.9 stores it.
struct Tree {
  uint32_t page_bytes;  // of the free list's tree alone
  uint16_t flags;
  uint16_t depth;
  uint64_t numbers[5];
};
struct MetaPage {
  uint32_t magic;
  uint32_t version;
  uint64_t address;
  uint64_t map_bytes;
  Tree free_list;
  Tree main;
  uint64_t last_page;
  uint64_t transaction;
};
constexpr off_t kPageHeaderBytes = 16;
constexpr uint32_t kMagic = 0xBEEFC0DE;

// LMDB's page is the machine's, and no longer than it can count.
constexpr uint32_t kMinPageBytes = 512;
constexpr uint32_t kMaxPageBytes = 0x10000;

// nullopt where LMDB would not take it for one.
std::optional<MetaPage> ReadMetaPage(int file, off_t page_begin) {
  MetaPage page;
  const ssize_t got =
      pread(file, &page, sizeof(page), page_begin + kPageHeaderBytes);
  if (got != ssize_t{sizeof(page)} || page.magic != kMagic) return std::nullopt;
  return page;
}

bool HasSoundPageSize(const MetaPage& page) {
  const uint32_t page_bytes = page.free_list.page_bytes;
  return page_bytes >= kMinPageBytes && page_bytes <= kMaxPageBytes &&
         std::has_single_bit(page_bytes);
}

bool Fits(const MetaPage& page, size_t max_map_bytes) {
  return page.last_page < max_map_bytes / page.free_list.page_bytes;
}

bool AreSound(int file, size_t max_map_bytes) {
  const std::optional<MetaPage> first = ReadMetaPage(file, 0);
  if (!first.has_value()) return true;
  // The second one's place depends on it.
  if (!HasSoundPageSize(*first)) return false;
  const std::optional<MetaPage> second =
      ReadMetaPage(file, off_t{first->free_list.page_bytes});
  if (!second.has_value()) return true;
  // The newer one counts.
  const MetaPage& used =
      second->transaction > first->transaction ? *second : *first;
  return HasSoundPageSize(used) && Fits(used, max_map_bytes);
}

}  // namespace

absl::Status CheckMetaPages(const std::string& folder, size_t max_map_bytes) {
  const std::string path = absl::StrCat(folder, "/data.mdb");
  const FileDescriptor file = OpenPlainFile(path, O_RDONLY);
  if (!file.open()) {
    return errno == ENOENT
               ? absl::OkStatus()
               : PlainFileError(errno, absl::StrCat("store ", path, ": open"));
  }
  if (AreSound(file.get(), max_map_bytes)) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      "store ", path, ": a meta page asks for more than a store can have"));
}

}  // namespace postmirror
