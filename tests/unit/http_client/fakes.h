// A transport and a resolver that do what the test says.
#pragma once

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "daemon/core/resolver.h"
#include "daemon/http_client/transport.h"

namespace egd::http_client {

// Posts stay under way until the test answers them.
class FakeTransport : public Transport {
 public:
  struct Open {
    OutgoingRequest request;
    Done done;
  };
  void Start(OutgoingRequest request, Done done) override {
    open.push_back({std::move(request), std::move(done)});
  }
  void Run(std::chrono::milliseconds most) override {
    waited = most;
    for (auto& [done, reply] : std::exchange(answers, {})) done(reply);
  }
  void Wake() override {}

  // The post to `url` that has waited longest; it ends in the next Run.
  void Answer(const std::string& url, HttpReply reply) {
    const auto found = std::find_if(open.begin(), open.end(),
                                    [&](const Open& one) { return one.request.url == url; });
    answers.emplace_back(found->done, std::move(reply));
    open.erase(found);
  }
  void AnswerAll(int status) {
    for (Open& one : open) {
      HttpReply reply;
      reply.status = status;
      reply.latency_ms = 3;
      answers.emplace_back(one.done, reply);
    }
    open.clear();
  }
  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const Open& one : open) {
      for (const std::string& header : one.request.headers) {
        if (header.starts_with("webhook-id: ")) ids.push_back(header.substr(12));
      }
    }
    return ids;
  }

  std::deque<Open> open;
  std::vector<std::pair<Done, HttpReply>> answers;
  std::chrono::milliseconds waited{0};
};

// Questions stay open until the test answers them.
class SlowResolver : public core::Resolver {
 public:
  void Resolve(const std::string& name, core::DnsType type, Callback done) override {
    open.push_back({{name, type}, std::move(done)});
  }
  void Answer(const std::vector<std::string>& v4, const std::vector<std::string>& v6 = {}) {
    for (auto& [question, done] : std::exchange(open, {})) {
      core::DnsAnswer answer;
      answer.values = question.second == core::DnsType::kA ? v4 : v6;
      answer.status = answer.values.empty() ? core::DnsStatus::kNoData : core::DnsStatus::kFound;
      done(answer);
    }
  }
  void Fail() {
    for (auto& [question, done] : std::exchange(open, {})) done({});
  }
  std::vector<std::pair<std::pair<std::string, core::DnsType>, Callback>> open;
};

}  // namespace egd::http_client
