#include "daemon/dkim/signer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "daemon/dkim/canonical.h"
#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::dkim {
namespace {

constexpr int kKeyBits = 2048;
constexpr size_t kLine = 78;  // RFC 5322 section 2.1.1

struct SignedName {
  std::string_view name;
  bool against_additions;
};

constexpr SignedName kSignedNames[] = {
    {"From", true},
    {"To", true},
    {"Subject", true},
    {"List-Unsubscribe", true},
    {"List-Unsubscribe-Post", true},
    {"Cc", false},
    {"Reply-To", false},
    {"Sender", false},
    {"Date", false},
    {"Message-ID", false},
    {"In-Reply-To", false},
    {"References", false},
    {"MIME-Version", false},
    {"Content-Type", false},
    {"Content-Transfer-Encoding", false},
};

using Fields = std::vector<HeaderField>;

Fields Named(const Fields& fields, std::string_view name) {
  Fields named;
  std::copy_if(fields.begin(), fields.end(), std::back_inserter(named),
               [&](const HeaderField& field) { return EqualsIgnoreCase(field.name, name); });
  return named;
}

// What the h= tag says and the hash covers. Of several fields of one name the last is signed first
// (section 5.4.2).
struct Selection {
  std::vector<std::string_view> names;
  std::string canonical;
};

Selection Select(const Fields& fields) {
  Selection selection;
  for (const auto& [name, against_additions] : kSignedNames) {
    const Fields named = Named(fields, name);
    selection.names.insert(selection.names.end(), named.size() + (against_additions ? 1 : 0), name);
    for (auto field = named.rbegin(); field != named.rend(); ++field) {
      selection.canonical.append(RelaxedHeader(*field)).append("\r\n");
    }
  }
  return selection;
}

std::string FoldedNames(const std::vector<std::string_view>& names) {
  std::string out = "h=";
  size_t line_start = 0;
  for (const auto& name : names) {
    if (out.size() - line_start + name.size() + 3 > kLine) {
      out += "\r\n\t ";
      line_start = out.size() - 2;
    }
    out.append(name).append(&name == &names.back() ? ";" : ":");
  }
  return out;
}

std::string FoldedDigits(std::string base64) {
  constexpr size_t kDigits = 72;
  for (size_t at = kDigits; at < base64.size(); at += kDigits + 4) base64.insert(at, "\r\n\t ");
  return base64;
}

std::string Sha256(std::string_view bytes) {
  // Fetched once: an implicit fetch at each use costs more than hashing a small message.
  static const std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> kMethod(
      EVP_MD_fetch(nullptr, "SHA256", nullptr), EVP_MD_free);
  std::string digest(32, '\0');
  auto* to = reinterpret_cast<unsigned char*>(digest.data());
  if (EVP_Digest(bytes.data(), bytes.size(), to, nullptr, kMethod.get(), nullptr) != 1) {
    throw std::runtime_error("OpenSSL cannot compute SHA-256");
  }
  return digest;
}

// RSASSA-PKCS1-v1_5 (section 3.3.1); empty when OpenSSL fails.
std::string SignDigest(EVP_PKEY* key, std::string_view digest) {
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  const auto* from = reinterpret_cast<const unsigned char*>(digest.data());
  size_t size = size_t(EVP_PKEY_get_size(key));
  std::string signature(size, '\0');
  const bool done = context && EVP_PKEY_sign_init(context.get()) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1 &&
                    EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()),
                                  &size, from, digest.size()) == 1;
  signature.resize(done ? size : 0);
  return signature;
}

using Bio = std::unique_ptr<BIO, decltype(&BIO_free)>;

std::string Bytes(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, size_t(size));
}

}  // namespace

void Signer::FreeKey::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

Signer::Signer(std::string domain, std::string selector, Key key)
    : domain_(std::move(domain)), selector_(std::move(selector)), key_(std::move(key)) {}

Result<std::shared_ptr<const Signer>> Signer::Make(std::string domain, std::string selector,
                                                   std::string_view private_key) {
  const Bio bio(BIO_new_mem_buf(private_key.data(), int(private_key.size())), BIO_free);
  // An empty pass phrase instead of OpenSSL's own callback, which would ask on the terminal.
  char no_pass_phrase[] = "";
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_pass_phrase));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA ||
      EVP_PKEY_get_bits(key.get()) < kKeyBits) {
    return Internal("the DKIM key of " + domain + " is no RSA key of 2048 bits or more");
  }
  return std::shared_ptr<const Signer>(
      new Signer(std::move(domain), std::move(selector), std::move(key)));
}

Result<std::string> Signer::Sign(std::string_view message, UnixMillis at) const {
  const MessageParts parts = SplitMessage(message);
  Selection selection = Select(parts.fields);
  if (Named(parts.fields, "From").empty()) return Internal("a message to sign has no From field");
  const std::string value = " v=1; a=rsa-sha256; c=relaxed/relaxed; d=" + domain_ +
                            ";\r\n\ts=" + selector_ + "; t=" + std::to_string(at / 1000) +
                            ";\r\n\t" + FoldedNames(selection.names) +
                            "\r\n\tbh=" + Base64(Sha256(RelaxedBody(parts.body))) + ";\r\n\tb=";
  selection.canonical += RelaxedHeader({"DKIM-Signature", value});
  const std::string signature = SignDigest(key_.get(), Sha256(selection.canonical));
  if (signature.empty()) return Internal("OpenSSL cannot sign with the DKIM key of " + domain_);
  return "DKIM-Signature:" + value + FoldedDigits(Base64(signature)) + "\r\n";
}

KeyPair GenerateRsaKey() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(kKeyBits),
                                                                EVP_PKEY_free);
  const Bio pem(BIO_new(BIO_s_mem()), BIO_free), der(BIO_new(BIO_s_mem()), BIO_free);
  if (!key || !pem || !der ||
      PEM_write_bio_PKCS8PrivateKey(pem.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
          1 ||
      i2d_PUBKEY_bio(der.get(), key.get()) != 1) {
    throw std::runtime_error("OpenSSL cannot make an RSA key");
  }
  return {Bytes(pem.get()), Base64(Bytes(der.get()))};
}

}  // namespace egd::dkim
