// Whether every worker still serves: each is asked in turn to say so, and a
// worker that is stuck does not answer. For the service manager's watchdog.
#ifndef POSTMIRROR_PROXY_PULSE_H_
#define POSTMIRROR_PROXY_PULSE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "proxy/worker.h"

namespace postmirror {

class Pulse {
 public:
  // The workers must run as long as it is asked, and outlive it.
  explicit Pulse(std::vector<Worker*> workers);

  // Returns whether every worker has answered since the last call that returned
  // true, and then asks again. The first call only asks, and returns true.
  bool Beat();

  // Runs `action` in the first worker's thread, once every worker has answered
  // a question that is put now. May be called from any thread.
  void OnceAllAnswer(const std::function<void()>& action) const;

 private:
  const std::vector<Worker*> workers_;
  // Shared with questions that may outlive the pulse in a worker's queue.
  const std::shared_ptr<std::atomic<uint64_t>> answers_;
  uint64_t expected_ = 0;
};

}  // namespace postmirror

#endif  // POSTMIRROR_PROXY_PULSE_H_
