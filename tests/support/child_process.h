// Starts a program of the machine from a test.
#ifndef POSTMIRROR_TESTS_SUPPORT_CHILD_PROCESS_H_
#define POSTMIRROR_TESTS_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace postmirror {

// Starts `arguments` (the program, found by PATH, comes first) with its output
// appended to `log_file`. It is killed when the calling thread ends. Under root
// it runs as the account `user`. Returns its pid, -1 on failure.
pid_t StartProcess(const std::vector<std::string>& arguments,
                   const std::string& user, const std::string& log_file);

// Waits for its end; true if it exited with 0.
bool AwaitSuccess(pid_t pid);

}  // namespace postmirror

#endif  // POSTMIRROR_TESTS_SUPPORT_CHILD_PROCESS_H_
