#include "daemon/service/domains/dns_rounds.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace egd::service {
namespace {

using mailauth::DnsQuestion;
using std::chrono::steady_clock;

// What came in for one round, and is not read yet.
using Answers = std::vector<std::pair<DnsQuestion, core::DnsAnswer>>;

}  // namespace

struct DnsRounds::Shared {
  std::mutex mutex;
  std::condition_variable changed;  // an answer came, or rounds are interrupted
  std::map<int64_t, size_t> open;   // questions by asker; none with 0
  size_t open_together = 0;
  bool interrupted = false;

  bool HasRoom(int64_t asker) const {
    const auto own = open.find(asker);
    return open_together < kQuestionsTogether &&
           (asker == kGatewayItself || own == open.end() || own->second < kQuestionsEach);
  }
  void Count(int64_t asker) {
    ++open[asker];
    ++open_together;
  }
  void Uncount(int64_t asker) {
    --open_together;
    if (--open[asker] == 0) open.erase(asker);
  }
};

// One run. Its thread reads and asks; the resolver's thread answers.
class DnsRounds::Round {
 public:
  Round(core::Resolver& resolver, std::shared_ptr<Shared> shared, int64_t asker)
      : resolver_(resolver), shared_(std::move(shared)), asker_(asker) {}

  void Run(mailauth::DnsFacts& facts, const std::function<void()>& check,
           steady_clock::time_point end) {
    while (true) {
      check();
      for (DnsQuestion& question : facts.TakeWanted()) waiting_.push_back(std::move(question));
      if (waiting_.empty() && unanswered_ == 0) return;
      if (!AskAndWait(facts, end)) break;
    }
    facts.GiveUp("no answer within the time that a verification may take");
    check();
  }

 private:
  // Until there are answers; false when the time is up.
  bool AskAndWait(mailauth::DnsFacts& facts, steady_clock::time_point end) {
    while (true) {
      for (DnsQuestion& question : TakeAskable()) Ask(std::move(question));
      std::unique_lock lock(shared_->mutex);
      const bool in_time = shared_->changed.wait_until(lock, end, [&] {
        return shared_->interrupted || !answers_->empty() ||
               (!waiting_.empty() && shared_->HasRoom(asker_));
      });
      if (!in_time || shared_->interrupted) return false;
      for (auto& [question, answer] : *answers_) facts.Add(question, std::move(answer));
      unanswered_ -= answers_->size();
      if (!std::exchange(*answers_, {}).empty()) return true;
    }
  }

  std::vector<DnsQuestion> TakeAskable() {
    const std::lock_guard lock(shared_->mutex);
    std::vector<DnsQuestion> askable;
    while (!waiting_.empty() && shared_->HasRoom(asker_)) {
      shared_->Count(asker_);
      askable.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    return askable;
  }

  void Ask(DnsQuestion question) {
    ++unanswered_;
    const std::string name = question.name;
    const core::DnsType type = question.type;
    resolver_.Resolve(name, type,
                      [shared = shared_, answers = answers_, asker = asker_,
                       question = std::move(question)](core::DnsAnswer answer) {
                        const std::lock_guard lock(shared->mutex);
                        shared->Uncount(asker);
                        answers->emplace_back(question, std::move(answer));
                        shared->changed.notify_all();
                      });
  }

  core::Resolver& resolver_;
  const std::shared_ptr<Shared> shared_;
  const int64_t asker_;
  const std::shared_ptr<Answers> answers_ = std::make_shared<Answers>();  // under shared_->mutex
  std::deque<DnsQuestion> waiting_;                                       // for room
  size_t unanswered_ = 0;                                                 // asked, and not read yet
};

DnsRounds::DnsRounds(core::Resolver& resolver)
    : resolver_(resolver), shared_(std::make_shared<Shared>()) {}
DnsRounds::~DnsRounds() = default;

void DnsRounds::Run(int64_t asker, mailauth::DnsFacts& facts, const std::function<void()>& check,
                    std::chrono::milliseconds deadline) {
  Round(resolver_, shared_, asker).Run(facts, check, steady_clock::now() + deadline);
}

void DnsRounds::Interrupt() {
  const std::lock_guard lock(shared_->mutex);
  shared_->interrupted = true;
  shared_->changed.notify_all();
}

}  // namespace egd::service
