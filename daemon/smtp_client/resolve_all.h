// Several questions to the DNS at once. Private to this room.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/resolver.h"
#include "daemon/net/task.h"

namespace egd::smtp_client {

struct Question {
  std::string name;
  core::DnsType type;
};
using Answers = std::vector<core::DnsAnswer>;

// Asks everything at once: a dead name server costs one time-out, not one a name.
inline net::Task<Answers> ResolveAll(core::Resolver& resolver, std::vector<Question> questions) {
  const auto ask = [&resolver,
                    questions = std::move(questions)](std::function<void(Answers)> done) {
    struct Pending {
      Answers answers;
      std::atomic<size_t> open;
    };
    const auto pending = std::make_shared<Pending>();
    pending->answers.resize(questions.size());
    pending->open = questions.size();
    for (size_t i = 0; i < questions.size(); ++i) {
      resolver.Resolve(questions[i].name, questions[i].type,
                       [pending, done, i](core::DnsAnswer answer) {
                         pending->answers[i] = std::move(answer);
                         if (--pending->open == 0) done(std::move(pending->answers));
                       });
    }
  };
  return net::AwaitCallback<Answers>(ask);
}

}  // namespace egd::smtp_client
