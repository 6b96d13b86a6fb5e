#include "schema/store/fault_guard.h"

#include <lmdb.h>
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdlib>

namespace postmirror {
namespace {

// Where this thread goes on after a fault; null outside the guard. A signal
// handler can reach nothing but globals.
thread_local sigjmp_buf* resume_point = nullptr;

void OnBusError(int signal_number, siginfo_t*, void* context) {
  if (resume_point != nullptr) {
    // The handler is left by a jump, which must not leave SIGBUS blocked, or
    // the next one would kill the program.
    pthread_sigmask(SIG_SETMASK, &static_cast<ucontext_t*>(context)->uc_sigmask,
                    nullptr);
    siglongjmp(*resume_point, 1);
  }
  // Not ours: die as without the handler.
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

// Where deaths are counted, and who else is told of them.
volatile sig_atomic_t death_file = -1;
volatile sig_atomic_t writing = 0;
struct sigaction on_other_segv;
struct sigaction on_other_abort;

// Whether the signal came of what this process did: a fault, which the kernel
// reports, or abort(3). Any other was sent, as by systemd's watchdog, and tells
// nothing of the store.
bool IsOurOwn(const siginfo_t& facts) {
  return facts.si_code > 0 ||
         (facts.si_code == SI_TKILL && facts.si_pid == getpid());
}

void OnDeath(int signal_number, siginfo_t* facts, void*) {
  unsigned char deaths = 0;
  if (IsOurOwn(*facts) && (resume_point != nullptr || writing != 0) &&
      death_file >= 0 && pread(death_file, &deaths, 1, 0) >= 0 &&
      ++deaths > 0) {
    static_cast<void>(!pwrite(death_file, &deaths, 1, 0));
  }
  sigaction(signal_number,
            signal_number == SIGSEGV ? &on_other_segv : &on_other_abort,
            nullptr);
  // Strikes when this returns; a signal that was sent would not by itself.
  raise(signal_number);
}

bool InstallDeathHandler() {
  struct sigaction action = {};
  action.sa_sigaction = OnDeath;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGSEGV, &action, &on_other_segv) == 0 &&
         sigaction(SIGABRT, &action, &on_other_abort) == 0;
}

void OnFailedAssertion(MDB_env*, const char*) {
  if (resume_point != nullptr) siglongjmp(*resume_point, 1);
  std::abort();
}

bool InstallHandler() {
  struct sigaction action = {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return sigaction(SIGBUS, &action, nullptr) == 0;
}

}  // namespace

bool SurvivesFault(absl::FunctionRef<void()> access) {
  sigjmp_buf* const outer = resume_point;
  sigjmp_buf here;
  // The signal mask is not saved: that would be a system call each time.
  if (sigsetjmp(here, 0) != 0) {
    resume_point = outer;
    return false;
  }
  resume_point = &here;
  access();
  resume_point = outer;
  return true;
}

void GuardAssertions(MDB_env* environment) {
  [[maybe_unused]] static const bool installed = InstallHandler();
  mdb_env_set_assert(environment, OnFailedAssertion);
}

void CountDeaths(int file) {
  [[maybe_unused]] static const bool installed = InstallDeathHandler();
  death_file = file;
}

void NoteWriting(bool writes) { writing = writes ? 1 : 0; }

void TouchPages(const void* bytes, size_t size) {
  constexpr size_t kSmallestPage = 4096;
  if (size == 0) return;
  const volatile char* const first = static_cast<const volatile char*>(bytes);
  for (size_t offset = 0; offset < size; offset += kSmallestPage) {
    static_cast<void>(first[offset]);
  }
  static_cast<void>(first[size - 1]);
}

}  // namespace postmirror
