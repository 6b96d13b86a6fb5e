#include "proxy/pulse.h"

#include <utility>

namespace postmirror {

Pulse::Pulse(std::vector<Worker*> workers)
    : workers_(std::move(workers)),
      answers_(std::make_shared<std::atomic<uint64_t>>(0)) {}

bool Pulse::Beat() {
  if (answers_->load() != expected_) return false;
  expected_ += workers_.size();
  for (Worker* worker : workers_) {
    worker->Post([answers = answers_] { answers->fetch_add(1); });
  }
  return true;
}

void Pulse::OnceAllAnswer(const std::function<void()>& action) const {
  const auto missing = std::make_shared<std::atomic<size_t>>(workers_.size());
  for (Worker* worker : workers_) {
    worker->Post([first = workers_.front(), missing, action] {
      if (missing->fetch_sub(1) == 1) first->Post(action);
    });
  }
}

}  // namespace postmirror
