// Makes a system call fail as it would on another disk. To be used in a process
// of its own (InChild).
#ifndef POSTMIRROR_TESTS_SYNC_FAILING_CALL_H_
#define POSTMIRROR_TESTS_SYNC_FAILING_CALL_H_

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <cstddef>
#include <cstdint>

namespace postmirror {

// What a test says that could not be done.
inline constexpr char kNoFilters[] = "no filters of system calls here";

// `call` (SYS_fsync) does nothing from now on but fail with `error`. False
// where that may not be done here.
inline bool MakeFail(long call, int error) {
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K,
               SECCOMP_RET_ERRNO | static_cast<uint32_t>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program = {.len = 4, .filter = rules};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SYNC_FAILING_CALL_H_
