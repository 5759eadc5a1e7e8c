// The daemon: its ports, what it says of itself, how it is exposed.
#include <algorithm>

#include "cli/doctor/checks.h"
#include "shared/base/strings.h"
#include "shared/base/version.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

bool IsLoopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("[::1]");
}

// The first address that others can reach; empty: none.
std::string Exposed(const std::vector<std::string>& addresses) {
  const auto found =
      std::ranges::find_if(addresses, [](const auto& one) { return !IsLoopback(one); });
  return found == addresses.end() ? "" : *found;
}

CheckResult Listeners(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  CheckResult outcome;
  for (const ListenerFacts& one : facts.listeners) {
    const std::string name = one.option + " " + one.address;
    const bool waits_for_egd = one.program == "systemd" && facts.daemon_away;  // egd.socket
    if (!one.taken) {
      outcome.unchecked = one.taken.why_not;
    } else if (*one.taken && !one.program.empty() && one.program != "egd" && !waits_for_egd) {
      outcome.problems.push_back(name + " is taken by another process: " + one.program);
    } else if (*one.taken && facts.daemon_away && one.program.empty()) {
      outcome.problems.push_back(name + " is taken, and egd does not answer");
    } else if (!*one.taken && facts.status) {
      outcome.problems.push_back("egd runs, but does not listen on " + name);
    }
  }
  if (facts.listeners.empty()) outcome.unchecked = "no port is configured";
  return outcome;
}

CheckResult Bounces(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  if (!facts.loaded.config.smtp.listen.empty()) return {};
  return {.problems = {"smtp.listen is empty: bounces and complaints do not reach egd"}};
}

CheckResult PlaintextAuth(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  const auto& smtp = facts.loaded.config.smtp;
  const std::string exposed = Exposed(smtp.listen);
  if (!smtp.allow_plaintext_auth || exposed.empty()) return {};
  return {.problems = {"smtp.allow_plaintext_auth is on, and smtp.listen has " + exposed}};
}

CheckResult ApiExposed(const Facts& facts) {
  if (const auto why = WithoutConfig(facts); !why.empty()) return Unchecked(why);
  const auto& http = facts.loaded.config.http;
  const std::string exposed = Exposed(http.listen);
  if (exposed.empty() || !http.tls_certificate.empty() || !http.trusted_proxies.empty()) return {};
  return {.problems = {"http.listen has " + exposed + ", without TLS and without a proxy"}};
}

CheckResult Daemon(const Facts& facts) {
  if (facts.status) return {};
  if (!facts.daemon_away) return Unchecked(facts.status.why_not);
  return {.problems = {facts.status.why_not}};
}

// What `judge` says of the daemon's status.
template <typename Judge>
CheckResult JudgeStatus(const Facts& facts, Judge judge) {
  if (!facts.status) {
    return Unchecked(facts.daemon_away ? "egd does not answer" : facts.status.why_not);
  }
  CheckResult outcome;
  judge(*facts.status, outcome.problems);
  return outcome;
}

std::string TextAt(const Json& object, const char* key) {
  const Json value = object.is_object() ? object.value(key, Json()) : Json();
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
}

int64_t NumberAt(const Json& status, const char* pointer) {
  const Json value = status.value(Json::json_pointer(pointer), Json());
  return value.is_number_integer() ? value.get<int64_t>() : 0;
}

Json ListAt(const Json& status, const char* key) {
  const Json value = status.value(key, Json::array());
  return value.is_array() ? value : Json::array();
}

CheckResult Ready(const Facts& facts) {
  return JudgeStatus(facts, [](const Json& status, auto& problems) {
    if (!status.value("Ready", false))
      problems.push_back("not ready: " + TextAt(status, "NotReadyReason"));
  });
}

CheckResult SameVersion(const Facts& facts) {
  return JudgeStatus(facts, [](const Json& status, auto& problems) {
    const std::string version = TextAt(status, "Version");
    if (version == Version()) return;
    problems.push_back("egd is " + version + ", egctl is " + std::string(Version()));
  });
}

CheckResult Schema(const Facts& facts) {
  if (facts.status && !facts.status->contains("Schema")) {
    return Unchecked("this egd is too old to say");
  }
  return JudgeStatus(facts, [](const Json& status, auto& problems) {
    const int64_t database = NumberAt(status, "/Schema/Database");
    const int64_t program = NumberAt(status, "/Schema/Program");
    if (database == program) return;
    problems.push_back("the database has schema " + std::to_string(database) + ", egd has " +
                       std::to_string(program));
  });
}

CheckResult Queue(const Facts& facts) {
  constexpr int64_t kBehind = 60;  // seconds; the daemon's own limit for "behind" is a few
  return JudgeStatus(facts, [](const Json& status, auto& problems) {
    const int64_t lag = NumberAt(status, "/Queue/ReadyLagSeconds");
    if (lag > kBehind) {
      problems.push_back("mail has been due for " + std::to_string(lag) + " seconds");
    }
    for (const Json& lane : ListAt(status, "Lanes")) {
      const std::string reply = TextAt(lane, "LastReply");
      problems.push_back(TextAt(lane, "Destination") + " is " + TextAt(lane, "State") +
                         (reply.empty() ? "" : ": " + reply));
    }
  });
}

CheckResult Webhooks(const Facts& facts) {
  return JudgeStatus(facts, [](const Json& status, auto& problems) {
    for (const Json& hook : ListAt(status, "Webhooks")) {
      problems.push_back("webhook " + TextAt(hook, "WebhookID") + " " + TextAt(hook, "URL") +
                         " is " + TextAt(hook, "State") + " since " + TextAt(hook, "Since"));
    }
  });
}

CheckResult Domains(const Facts& facts) {
  return JudgeStatus(facts, [](const Json& status, auto& problems) {
    for (const Json& domain : ListAt(status, "Domains")) {
      problems.push_back(TextAt(domain, "DomainName") + " is " + TextAt(domain, "Status"));
    }
  });
}

}  // namespace

std::vector<Check> DaemonChecks() {
  return {{"listeners", Listeners},    {"bounces", Bounces}, {"plaintext-auth", PlaintextAuth},
          {"api-exposed", ApiExposed}, {"daemon", Daemon},   {"ready", Ready},
          {"version", SameVersion},    {"schema", Schema},   {"queue", Queue},
          {"webhooks", Webhooks},      {"domains", Domains}};
}

}  // namespace egd::cli
