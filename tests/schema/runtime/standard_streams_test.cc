#include "schema/runtime/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "absl/functional/function_ref.h"

namespace postmirror {
namespace {

// In a process of its own, since it gives its streams away.
bool IsSo(absl::FunctionRef<bool()> check) {
  const pid_t child = fork();
  if (child == 0) std::_Exit(check() ? 0 : 1);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(StandardStreamsTest, NoFileGetsTheNumberOfAClosedStream) {
  for (const int closed : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    EXPECT_TRUE(IsSo([&] {
      close(closed);
      HoldStandardStreams();
      return open("/dev/zero", O_RDWR) > STDERR_FILENO;
    })) << closed;
  }
}

TEST(StandardStreamsTest, AClosedStreamIsOfNoUse) {
  EXPECT_TRUE(IsSo([] {
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    HoldStandardStreams();
    char byte = 0;
    std::printf("lost");
    return read(STDIN_FILENO, &byte, 1) < 0 && !FlushStandardOutput().ok();
  }));
}

TEST(StandardStreamsTest, AnOpenStreamStays) {
  EXPECT_TRUE(IsSo([] {
    int ends[2] = {};
    if (pipe(ends) != 0) return false;
    dup2(ends[1], STDOUT_FILENO);
    HoldStandardStreams();
    std::printf("x");
    char byte = 0;
    return FlushStandardOutput().ok() && read(ends[0], &byte, 1) == 1 &&
           byte == 'x';
  }));
}

TEST(StandardStreamsTest, WhatCouldNotBeWrittenIsSaid) {
  EXPECT_TRUE(IsSo([] {
    dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
    std::printf("lost");
    const absl::Status flushed = FlushStandardOutput();
    return absl::IsDataLoss(flushed) &&
           flushed.message() ==
               "standard output: not all of it could be written: No space "
               "left on device" &&
           !FlushStandardOutput().ok();
  }));
}

}  // namespace
}  // namespace postmirror
