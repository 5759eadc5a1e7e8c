#include "cli/all_domains.h"

#include <atomic>

#include "cli/in_parallel.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

// The gateway verifies four domains of a user at once (WaitingLimits); as many are on their way.
constexpr size_t kConnections = 8;

}  // namespace

Result<Answer> AskForDomains(Session& session, const Json& base, std::vector<Json>& requests) {
  auto answer = session.Ask(*catalogue::Find("emailgateway.getdomains"), base);
  if (!answer || !answer->refusals.empty()) return answer;
  for (const Json& domain : answer->body.at("Domains")) {
    requests.push_back(base);
    requests.back()["DomainID"] = domain.at("DomainID");
  }
  return answer;
}

std::vector<Result<Answer>> AskAll(const Session& session, const catalogue::Command& command,
                                   const std::vector<Json>& requests, std::chrono::seconds timeout,
                                   const std::function<void(size_t)>& show) {
  std::vector<Session> sessions;
  for (size_t i = 0; i < std::min(kConnections, requests.size()); ++i) {
    sessions.push_back(session.WithOwnConnection());
    if (timeout.count() > 0) sessions.back().SetTimeout(timeout);
  }
  std::vector<Result<Answer>> answers(requests.size(), Internal("not asked"));
  std::atomic<size_t> done{0};
  InParallel(
      requests.size(), sessions.size(),
      [&](size_t i, size_t thread) {
        try {
          answers[i] = sessions[thread].Ask(command, requests[i]);
        } catch (const std::exception& exception) {
          answers[i] = Internal(exception.what());
        }
        ++done;
      },
      [&] { show(done); });
  return answers;
}

}  // namespace egd::cli
