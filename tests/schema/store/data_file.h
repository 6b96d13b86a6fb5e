// The pages of a store's data.mdb, to be damaged in place: what LMDB 0.9
// documents in its source and keeps as its file format.
#ifndef POSTMIRROR_TESTS_SCHEMA_STORE_DATA_FILE_H_
#define POSTMIRROR_TESTS_SCHEMA_STORE_DATA_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace postmirror {

inline constexpr size_t kPageBytes = 4096;
inline constexpr size_t kMetaPages = 2;  // at the file's beginning

class DataFile {
 public:
  explicit DataFile(std::string path) : path_(std::move(path)) {}

  size_t Pages() const;
  // The number of the last page, and of the last transaction, as the newer meta
  // page tells.
  uint64_t LastPage() const;
  uint64_t LastTransaction() const;

  bool IsBranch(size_t page) const { return (Flags(page) & 0x01) != 0; }
  bool IsLeaf(size_t page) const { return (Flags(page) & 0x02) != 0; }
  bool IsOverflow(size_t page) const { return (Flags(page) & 0x04) != 0; }

  // The first page of that kind whose bytes hold `text`; 0: none.
  size_t FindLeaf(const std::string& text) const;

  std::string Read(size_t page) const;
  void Overwrite(size_t page, const std::string& bytes, size_t offset = 0);
  // Put a number into both meta pages.
  void SetLastPage(uint64_t page);
  void SetPageBytes(uint32_t bytes);
  // Makes LMDB count no keys in the page.
  void ForgetKeys(size_t page);
  void Truncate(size_t pages);

 private:
  uint16_t Flags(size_t page) const;
  uint64_t Newer(size_t offset) const;

  const std::string path_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SCHEMA_STORE_DATA_FILE_H_
