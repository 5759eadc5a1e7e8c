#include <catch2/catch.hpp>

#include "daemon/smtp_client/smtp_session.h"
#include "shared/base/encoding.h"
#include "shared/base/sha256.h"
#include "tests/unit/smtp_client/dialogue.h"

namespace egd::smtp_client {
namespace {

const std::string kOffers = kGreeting + R"(
    S: 250-mx
    S: 250 STARTTLS
    C: STARTTLS
    S: 220 go
    X: tls
  )";

// The server's self-signed certificate, DER.
std::string CertificateOf(const Dialogue& dialogue) {
  const std::string pem = dialogue.server.certificate();
  const size_t begin = pem.find('\n') + 1, end = pem.find("-----END");
  return FromBase64(pem.substr(begin, end - begin), true).value();
}

core::TlsaPtr Records(std::vector<core::TlsaRecord> records) {
  core::TlsaSet set{"tlsa-base.example.net", std::move(records)};
  return std::make_shared<const core::TlsaSet>(std::move(set));
}

}  // namespace

TEST_CASE("A certificate that a TLSA record names counts, whatever else it says") {
  for (const bool whole : {false, true}) {
    Dialogue dialogue({kOffers + "C: EHLO gw.example.org\nS: 250 mx\n" + kQuit});
    const std::string certificate = CertificateOf(dialogue);
    core::TlsaRecord record{3, 0, 1, Sha256(certificate)};
    if (whole) record = {3, 0, 0, certificate};
    dialogue.dane = Records({{3, 1, 1, std::string(32, 'x')}, record});
    dialogue.need = TlsNeed::kDane;
    const Report report = dialogue.Run({});
    CHECK(report.opening == "open");
    CHECK_THAT(report.tls, Catch::Matchers::EndsWith(" verified"));
  }
}

TEST_CASE("Nothing goes to a server whose certificate no TLSA record names") {
  for (const int usage : {2, 3}) {
    Dialogue dialogue({kOffers + "X: hang"});
    dialogue.dane = Records({{uint8_t(usage), 0, 1, std::string(32, 'x')}});
    dialogue.need = TlsNeed::kDane;
    const Report report = dialogue.Run({Mail()});
    CHECK_THAT(report.opening, Catch::Matchers::Contains("a valid certificate is required"));
    CHECK(report.sent.empty());
  }
}

TEST_CASE("Under DANE a server that offers no TLS gets nothing") {
  Dialogue dialogue({kPlain});
  dialogue.dane = Records({{3, 1, 1, std::string(32, 'x')}});
  dialogue.need = TlsNeed::kDane;
  const Report report = dialogue.Run({Mail()});
  CHECK_THAT(report.opening, Catch::Matchers::Contains("TLS is required and not offered"));
  CHECK(report.sent.empty());
}

}  // namespace egd::smtp_client
