#include "daemon/mailauth/dane.h"

#include <utility>

namespace egd::mailauth {
namespace {

constexpr uint8_t kTrustAnchor = 2, kEndEntity = 3;  // DANE-TA, DANE-EE
constexpr uint8_t kCertificate = 0, kPublicKey = 1;
constexpr uint8_t kWhole = 0, kSha256 = 1, kSha512 = 2;
constexpr size_t kMostRecords = 50;  // of a server; it costs a comparison each

}  // namespace

std::optional<core::TlsaRecord> ParseTlsa(std::string_view rdata) {
  if (rdata.size() < 4) return std::nullopt;
  return core::TlsaRecord{uint8_t(rdata[0]), uint8_t(rdata[1]), uint8_t(rdata[2]),
                          std::string(rdata.substr(3))};
}

bool IsUsable(const core::TlsaRecord& record) {
  if (record.usage != kTrustAnchor && record.usage != kEndEntity) return false;
  if (record.selector != kCertificate && record.selector != kPublicKey) return false;
  switch (record.matching) {
    case kWhole:
      return !record.data.empty();
    case kSha256:
      return record.data.size() == 32;
    case kSha512:
      return record.data.size() == 64;
  }
  return false;
}

TlsaJudgement JudgeTlsa(const core::DnsAnswer& answer, const std::string& base) {
  if (answer.status == core::DnsStatus::kTempError) {
    return {TlsaVerdict::kUnknown, nullptr,
            "looking up the TLSA records of " + base + " failed: " + answer.detail};
  }
  if (answer.status != core::DnsStatus::kFound || !answer.authenticated) return {};
  auto set = std::make_shared<core::TlsaSet>();
  set->base = base;
  for (const std::string& rdata : answer.values) {
    auto record = ParseTlsa(rdata);
    if (record && IsUsable(*record) && set->usable.size() < kMostRecords) {
      set->usable.push_back(*std::move(record));
    }
  }
  return {TlsaVerdict::kSecure, std::move(set), {}};
}

std::string DaneNote(const core::TlsaSet& set, const std::string& tls) {
  if (tls.empty()) return "DANE: no TLS";
  if (set.usable.empty()) return "DANE: TLS required, no usable TLSA record";
  return tls.ends_with(" verified") ? "DANE: matched" : "DANE: no TLSA record matches";
}

}  // namespace egd::mailauth
