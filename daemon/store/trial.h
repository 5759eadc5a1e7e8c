// While one lives, what its thread has the store write is run and undone again: its outcome is what
// it would have been, nothing changes, and no watcher is told. One job only: a second one would not
// see what the first did, and is refused.
#pragma once

#include <memory>

#include "daemon/store/write_job.h"

namespace egd::store {

// Of one thread, at most one at a time.
class Trial {
 public:
  Trial();
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  bool refused() const { return refused_; }  // a job: what was tried takes several

  // The thread's own; null when there is none.
  static Trial* Current();
  // The job in its place; null when it is refused.
  std::unique_ptr<WriteJob> TakeUp(std::unique_ptr<WriteJob>& job);

 private:
  bool used_ = false, refused_ = false;
};

}  // namespace egd::store
