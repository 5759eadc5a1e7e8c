#include "daemon/store/trial.h"

#include <utility>

#include "daemon/store/query.h"

namespace egd::store {
namespace {

thread_local Trial* current_trial = nullptr;

// What a job left for the end of the commit goes with what it wrote.
class KeptNotes {
 public:
  explicit KeptNotes(CommitNotes& notes)
      : notes_(notes),
        events_(notes.events.size()),
        endpoints_(notes.webhook_endpoints.size()),
        may_be_due_(notes.may_be_due),
        fan_outs_(notes.webhook_fan_outs) {}
  ~KeptNotes() {
    notes_.events.resize(events_);
    notes_.webhook_endpoints.resize(endpoints_);
    notes_.may_be_due = may_be_due_;
    notes_.webhook_fan_outs = fan_outs_;
  }
  KeptNotes(const KeptNotes&) = delete;
  KeptNotes& operator=(const KeptNotes&) = delete;

 private:
  CommitNotes& notes_;
  const size_t events_, endpoints_;
  const bool may_be_due_, fan_outs_;
};

class TrialJob : public WriteJob {
 public:
  explicit TrialJob(std::unique_ptr<WriteJob> job) : WriteJob(*job), job_(std::move(job)) {}

  // An exception undoes the whole job anyhow (Writer::RunInSavepoint).
  Result<void> Run(Transaction& transaction) override {
    const KeptNotes kept(transaction.notes());
    Query(transaction, "SAVEPOINT trial").Run();
    Result<void> outcome = job_->Run(transaction);
    Query(transaction, "ROLLBACK TO trial").Run();
    Query(transaction, "RELEASE trial").Run();
    return outcome;
  }
  void Complete(Result<void> outcome) override { job_->Complete(std::move(outcome)); }

 private:
  const std::unique_ptr<WriteJob> job_;
};

}  // namespace

Trial::Trial() {
  current_trial = this;
}

Trial::~Trial() {
  current_trial = nullptr;
}

Trial* Trial::Current() {
  return current_trial;
}

std::unique_ptr<WriteJob> Trial::TakeUp(std::unique_ptr<WriteJob>& job) {
  refused_ = refused_ || used_;
  if (std::exchange(used_, true)) return nullptr;
  return std::make_unique<TrialJob>(std::move(job));
}

}  // namespace egd::store
