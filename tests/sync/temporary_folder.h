// A fresh folder below the temporary one, removed with all that is in it.
#ifndef POSTMIRROR_TESTS_SYNC_TEMPORARY_FOLDER_H_
#define POSTMIRROR_TESTS_SYNC_TEMPORARY_FOLDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "absl/strings/string_view.h"

namespace postmirror {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(testing::TempDir() + "/postmirror-XXXXXX") {
    EXPECT_NE(mkdtemp(path_.data()), nullptr);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }

  std::string File(const std::string& name) const { return path_ + "/" + name; }

  // Writes the file and returns its path.
  std::string Write(const std::string& name, absl::string_view text) const {
    std::ofstream(File(name), std::ios::binary)
        .write(text.data(), static_cast<std::streamsize>(text.size()));
    return File(name);
  }

  std::string Read(const std::string& name) const {
    std::ifstream file(File(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_TEMPORARY_FOLDER_H_
