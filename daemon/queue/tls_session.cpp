#include "daemon/queue/tls_session.h"

namespace egd::queue {
namespace {

using mailauth::StsMode;
using smtp_client::Stage;

// OpenSSL's words, as net::DescribeTls quotes them, in those of RFC 8460 section 4.3.2.
std::string ResultOf(const std::string& tls) {
  const auto says = [&tls](const char* words) { return tls.find(words) != std::string::npos; };
  if (says("expired")) return "certificate-expired";
  if (says("mismatch")) return "certificate-host-mismatch";
  if (says("DANE")) return "validation-failure";
  return "certificate-not-trusted";
}

}  // namespace

std::optional<core::TlsSession> JudgeSession(const smtp_client::Target& target,
                                             const mailauth::StsPolicy* policy,
                                             const std::string& tls,
                                             const std::optional<smtp_client::Answer>& failure) {
  const bool has_sts = policy != nullptr && policy->mode != StsMode::kNone;
  core::TlsSession session;
  session.policy = target.dane ? "tlsa" : has_sts ? "sts" : "no-policy-found";
  session.host = target.host;
  if (tls.empty() && failure) {
    if (failure->stage != Stage::kStartTls) return std::nullopt;
    const bool not_offered = failure->reply.code != 0 || failure->reply.enhanced == "4.7.10";
    session.result = not_offered ? "starttls-not-supported" : "validation-failure";
  } else if (tls.empty()) {
    session.result = "starttls-not-supported";
  } else if (target.dane) {
    const bool matches = target.dane->usable.empty() || tls.ends_with(" verified");
    if (!matches) session.result = ResultOf(tls);
  } else if (has_sts && !policy->Names(target.host)) {
    session.result = "validation-failure";
  } else if (has_sts && !tls.ends_with(" verified")) {
    session.result = ResultOf(tls);
  }
  return session;
}

}  // namespace egd::queue
