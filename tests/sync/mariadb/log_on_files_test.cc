#include "sync/mariadb/log_on_files.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/sync/temporary_folder.h"

namespace postmirror {
namespace {

class LogOnFilesTest : public ::testing::Test {
 protected:
  std::string Fifo(const std::string& name) {
    std::string path = absl::StrCat(folder_.path(), "/", name);
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    return path;
  }

  static std::string Check(const LogOn& log_on) {
    const absl::Status status = CheckLogOnFiles(log_on, true);
    EXPECT_TRUE(status.ok() || absl::IsFailedPrecondition(status)) << status;
    return std::string(status.message());
  }

  TemporaryFolder folder_;
};

struct Setting {
  const char* name;
  std::string LogOn::*path;
  const char* pem;
};

constexpr Setting kTlsFiles[] = {
    {"tls_CAfile", &LogOn::tls_CAfile, "-----BEGIN CERTIFICATE-----\n"},
    {"tls_cert_file", &LogOn::tls_cert_file,
     "of us\n-----BEGIN TRUSTED CERTIFICATE-----\n"},
    {"tls_key_file", &LogOn::tls_key_file,
     "-----BEGIN RSA PRIVATE KEY-----\n"}};

TEST_F(LogOnFilesTest, WithoutFilesAllIsWell) { EXPECT_EQ(Check({}), ""); }

TEST_F(LogOnFilesTest, AFileThatIsMissingIsNamedWithItsSetting) {
  const std::string path = absl::StrCat(folder_.path(), "/none");
  for (const Setting& setting : kTlsFiles) {
    LogOn log_on;
    log_on.*setting.path = path;
    EXPECT_EQ(Check(log_on),
              absl::StrCat(setting.name, " ", path,
                           ": No such file or directory: correct the map file, "
                           "or put it there so that postmirror-sync may read "
                           "it"));
    EXPECT_TRUE(CheckLogOnFiles(log_on, false).ok());
  }
}

TEST_F(LogOnFilesTest, AFileOfAnotherKindIsNamedWithItsSetting) {
  for (const Setting& setting : kTlsFiles) {
    LogOn log_on;
    log_on.*setting.path = folder_.Write("file", "-----BEGIN PUBLIC KEY-----");
    EXPECT_EQ(Check(log_on),
              absl::StrCat(setting.name, " ", log_on.*setting.path,
                           ": has no PEM text of that kind: name the file that "
                           "has"));
    log_on.*setting.path = folder_.Write("file", setting.pem);
    EXPECT_EQ(Check(log_on), "");
  }
}

TEST_F(LogOnFilesTest, AFifoIsNotWaitedFor) {
  const std::string fifo = Fifo("fifo");
  for (const Setting& setting : kTlsFiles) {
    LogOn log_on;
    log_on.*setting.path = fifo;
    EXPECT_THAT(Check(log_on), ::testing::HasSubstr("is no regular file"));
  }
}

TEST_F(LogOnFilesTest, NorOneThatAnOptionFileIncludes) {
  const std::string fifo = Fifo("fifo.cnf");
  const std::string inner =
      folder_.Write("inner", absl::StrCat("[client]\n!include ", fifo, "\n"));
  for (const std::string& line :
       {absl::StrCat("!include ", fifo), absl::StrCat("  !include ", fifo),
        absl::StrCat("!include ", inner),
        absl::StrCat("!includedir ", folder_.path())}) {
    LogOn log_on;
    log_on.option_file = folder_.Write("options", line);
    EXPECT_EQ(Check(log_on),
              absl::StrCat("option_file: !include ", fifo,
                           ": is no regular file, and might never end: name "
                           "one that is"));
  }
}

TEST_F(LogOnFilesTest, FilesThatIncludeEachOtherAreNotFollowedWithoutEnd) {
  const std::string other = absl::StrCat(folder_.path(), "/other");
  const std::string both = absl::StrCat("!include ", other, "\n!include ",
                                        folder_.path(), "/options\n");
  LogOn log_on;
  log_on.option_file = folder_.Write("options", both);
  EXPECT_EQ(folder_.Write("other", both), other);
  EXPECT_EQ(Check(log_on),
            absl::StrCat("option_file: !include ", other,
                         ": more than 100 files are included, or they include "
                         "each other: take some of the lines out"));
}

TEST_F(LogOnFilesTest, WhatIsIncludedMayBeMissing) {
  LogOn log_on;
  log_on.option_file = folder_.Write("options", "!include /none\n");
  EXPECT_EQ(Check(log_on), "");
}

TEST_F(LogOnFilesTest, AFifoBehindALongTextIsNotMissed) {
  const std::string fifo = Fifo("fifo.cnf");
  LogOn log_on;
  log_on.option_file =
      folder_.Write("options", absl::StrCat(std::string(size_t{1} << 20, '\n'),
                                            "!include ", fifo, "\n"));
  EXPECT_EQ(Check(log_on),
            absl::StrCat("option_file ", log_on.option_file,
                         ": is over 1 MiB: name a shorter file"));
}

}  // namespace
}  // namespace postmirror
