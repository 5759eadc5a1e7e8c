#include "daemon/net/self_signed.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include "shared/base/random.h"

namespace egd::net {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

constexpr long kValidSeconds = 10L * 365 * 86400;
constexpr long kBackdatedSeconds = 86400;  // for clients whose clock is behind

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool added = extension && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

// A serial number of its own: clients keep certificates by issuer and serial number.
bool SetSerial(X509* certificate) {
  const std::string bytes = '\x01' + RandomBytes(8);
  BIGNUM* number =
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), int(bytes.size()), nullptr);
  const bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
  return set;
}

Certificate Sign(EVP_PKEY* key, const std::string& host_name) {
  Certificate certificate(X509_new(), X509_free);
  X509* x = certificate.get();
  constexpr size_t kMostCommonName = 64;  // RFC 5280 appendix A; the name is below as well
  const std::string common = host_name.substr(0, kMostCommonName);
  X509_NAME* name = X509_get_subject_name(x);
  const auto* text = reinterpret_cast<const unsigned char*>(common.c_str());
  const bool made = X509_set_version(x, X509_VERSION_3) == 1 && SetSerial(x) &&
                    X509_gmtime_adj(X509_getm_notBefore(x), -kBackdatedSeconds) &&
                    X509_gmtime_adj(X509_getm_notAfter(x), kValidSeconds) &&
                    X509_set_pubkey(x, key) == 1 &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(x, name) == 1 &&
                    AddExtension(x, NID_basic_constraints, "critical,CA:FALSE") &&
                    AddExtension(x, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
                    AddExtension(x, NID_ext_key_usage, "serverAuth") &&
                    AddExtension(x, NID_subject_alt_name, "DNS:" + host_name) &&
                    X509_sign(x, key, EVP_sha256()) > 0;
  if (!made) certificate.reset();
  return certificate;
}

std::string Text(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, size_t(size)};
}

Error Cannot(const std::string& file) {
  return InvalidArgument("cannot write the TLS certificate's file " + file + ": " +
                         std::strerror(errno));
}

// Whole or not at all, also after a crash.
Result<void> WriteFile(const std::string& file, const std::string& content) {
  const std::string partial = file + ".part";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return Cannot(file);
  const bool written =
      ::write(descriptor, content.data(), content.size()) == ssize_t(content.size()) &&
      ::fsync(descriptor) == 0;
  const bool closed = ::close(descriptor) == 0;
  if (!written || !closed || ::rename(partial.c_str(), file.c_str()) != 0) return Cannot(file);
  return {};
}

}  // namespace

Result<bool> MakeSelfSigned(const std::string& host_name, const std::string& certificate_file,
                            const std::string& key_file) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (fs::exists(certificate_file, ignored) && fs::exists(key_file, ignored)) return false;
  const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
  const Certificate certificate =
      key ? Sign(key.get(), host_name) : Certificate(nullptr, X509_free);
  const Memory key_text(BIO_new(BIO_s_mem()), BIO_free), text(BIO_new(BIO_s_mem()), BIO_free);
  const bool made =
      certificate && PEM_write_bio_X509(text.get(), certificate.get()) == 1 &&
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  if (!made) return Internal("OpenSSL cannot make a certificate for " + host_name);
  if (auto written = WriteFile(key_file, Text(key_text.get())); !written) return written.error();
  if (auto written = WriteFile(certificate_file, Text(text.get())); !written) {
    return written.error();
  }
  return true;
}

}  // namespace egd::net
