#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "cli/doctor/gather.h"

namespace egd::cli {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

constexpr char kSystemBundle[] = "/etc/ssl/certs/ca-certificates.crt";

// The file as a BIO; null with the reason in one of the two.
Owned<BIO> OpenPem(const std::string& path, CertificateFacts& facts) {
  Owned<BIO> bio(BIO_new_file(path.c_str(), "r"));
  if (!bio)
    (errno == EACCES ? facts.unreadable : facts.problem) = path + ": " + std::strerror(errno);
  return bio;
}

int64_t SecondsOf(const ASN1_TIME* time) {
  tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? int64_t(timegm(&parts)) : 0;
}

std::string TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          size_t(ASN1_STRING_length(text))};
}

std::vector<std::string> NamesOf(const X509* certificate) {
  std::vector<std::string> names;
  const Owned<GENERAL_NAMES> all(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; all && i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type == GEN_DNS) names.push_back(TextOf(name->d.dNSName));
  }
  if (!names.empty()) return names;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) {
    names.push_back(TextOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  }
  return names;
}

void Read(CertificateFacts& facts) {
  const Owned<BIO> certificate_file = OpenPem(facts.file, facts);
  const Owned<BIO> key_file = certificate_file ? OpenPem(facts.key_file, facts) : nullptr;
  if (!key_file) return;
  const Owned<X509> certificate(
      PEM_read_bio_X509(certificate_file.get(), nullptr, nullptr, nullptr));
  if (!certificate) {
    facts.problem = facts.file + " holds no certificate in PEM";
    return;
  }
  char no_passphrase[] = "";  // else OpenSSL would ask the terminal
  const Owned<EVP_PKEY> key(
      PEM_read_bio_PrivateKey(key_file.get(), nullptr, nullptr, no_passphrase));
  if (!key) {
    facts.problem = facts.key_file + " holds no private key in PEM without a passphrase";
    return;
  }
  facts.key_fits = X509_check_private_key(certificate.get(), key.get()) == 1;
  facts.not_before = SecondsOf(X509_get0_notBefore(certificate.get()));
  facts.not_after = SecondsOf(X509_get0_notAfter(certificate.get()));
  facts.names = NamesOf(certificate.get());
}

void Add(const char* section, const std::string& file, const std::string& key,
         const std::string& host, Facts& facts) {
  if (file.empty()) return;
  CertificateFacts one{.section = section, .file = file, .key_file = key, .host = host};
  Read(one);
  facts.certificates.push_back(std::move(one));
}

}  // namespace

void GatherCertificates(Facts& facts) {
  const auto& config = facts.loaded.config;
  Add("http", config.http.tls_certificate, config.http.tls_key, "", facts);
  Add("smtp", config.smtp.tls_certificate, config.smtp.tls_key, config.smtp.advertised_host, facts);
  Add("tracking", config.tracking.tls_certificate, config.tracking.tls_key,
      config.gateway.tracking_host, facts);
  for (const std::string& file : {config.delivery.ca_file, config.webhooks.ca_file}) {
    const std::string path = file.empty() ? kSystemBundle : file;
    facts.ca_files[path] = ::access(path.c_str(), F_OK) == 0;
  }
}

}  // namespace egd::cli
