#include "tests/schema/store/data_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace postmirror {
namespace {

// Inside a meta page.
constexpr size_t kPageBytesOffset = 16 + 24;
constexpr size_t kLastPageOffset = 16 + 120;
constexpr size_t kTransactionOffset = 16 + 128;

template <typename Number>
Number At(const std::string& page, size_t offset) {
  Number number = 0;
  if (page.size() >= offset + sizeof(number)) {
    std::memcpy(&number, page.data() + offset, sizeof(number));
  }
  return number;
}

template <typename Number>
std::string BytesOf(Number number) {
  std::string bytes(sizeof(number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(number));
  return bytes;
}

}  // namespace

size_t DataFile::Pages() const {
  return std::filesystem::file_size(path_) / kPageBytes;
}

uint64_t DataFile::Newer(size_t offset) const {
  const std::string first = Read(0);
  const std::string second = Read(1);
  return At<uint64_t>(first, kTransactionOffset) >
                 At<uint64_t>(second, kTransactionOffset)
             ? At<uint64_t>(first, offset)
             : At<uint64_t>(second, offset);
}

uint64_t DataFile::LastPage() const { return Newer(kLastPageOffset); }

uint64_t DataFile::LastTransaction() const { return Newer(kTransactionOffset); }

uint16_t DataFile::Flags(size_t page) const {
  return At<uint16_t>(Read(page), 10);
}

size_t DataFile::FindLeaf(const std::string& text) const {
  for (size_t page = kMetaPages; page < Pages(); ++page) {
    if (IsLeaf(page) && Read(page).find(text) != std::string::npos) return page;
  }
  return 0;
}

std::string DataFile::Read(size_t page) const {
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(page * kPageBytes));
  std::string bytes(kPageBytes, '\0');
  file.read(bytes.data(), kPageBytes);
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

void DataFile::Overwrite(size_t page, const std::string& bytes, size_t offset) {
  std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(page * kPageBytes + offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good());
}

void DataFile::SetLastPage(uint64_t page) {
  for (size_t meta = 0; meta < kMetaPages; ++meta) {
    Overwrite(meta, BytesOf(page), kLastPageOffset);
  }
}

void DataFile::SetPageBytes(uint32_t bytes) {
  for (size_t meta = 0; meta < kMetaPages; ++meta) {
    Overwrite(meta, BytesOf(bytes), kPageBytesOffset);
  }
}

void DataFile::ForgetKeys(size_t page) {
  // The end of the keys' offsets, right behind the 16 bytes of the header.
  Overwrite(page, std::string("\x10\0", 2), 12);
}

void DataFile::Truncate(size_t pages) {
  ASSERT_EQ(truncate(path_.c_str(), static_cast<off_t>(pages * kPageBytes)), 0);
}

}  // namespace postmirror
