#include "tests/unit/dkim/verifier.h"

#include <cctype>
#include <map>
#include <memory>
#include <vector>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::dkim {
namespace {

std::string Collapse(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\t';
    if (space && !out.empty() && out.back() == ' ') continue;
    out += space ? ' ' : c;
  }
  return out;
}

std::string RelaxBody(std::string body) {
  std::string out, line;
  if (!body.empty() && (body.size() < 2 || body.substr(body.size() - 2) != "\r\n")) body += "\r\n";
  for (size_t i = 0; i < body.size(); ++i) {
    if (body.compare(i, 2, "\r\n") != 0) {
      line += body[i];
      continue;
    }
    line = Collapse(line);
    if (!line.empty() && line.back() == ' ') line.pop_back();
    out += line + "\r\n";
    line.clear();
    ++i;
  }
  while (out == "\r\n" || (out.size() >= 4 && out.substr(out.size() - 4) == "\r\n\r\n")) {
    out.resize(out.size() - 2);
  }
  return out;
}

struct Field {
  std::string name, value;
};

std::vector<Field> Fields(const std::string& head) {
  std::vector<Field> fields;
  size_t at = 0;
  while (at < head.size()) {
    size_t end = head.find("\r\n", at);
    while (end + 2 < head.size() && (head[end + 2] == ' ' || head[end + 2] == '\t')) {
      end = head.find("\r\n", end + 2);
    }
    const std::string field = head.substr(at, end - at);
    fields.push_back(
        {std::string(Trim(field.substr(0, field.find(':')))), field.substr(field.find(':') + 1)});
    at = end + 2;
  }
  return fields;
}

std::string RelaxHeader(const Field& field) {
  std::string unfolded;
  for (const char c : field.value) {
    if (c != '\r' && c != '\n') unfolded += c;
  }
  return Lower(field.name) + ":" + std::string(Trim(Collapse(unfolded)));
}

std::string WithoutSpace(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isspace(static_cast<unsigned char>(c)) == 0) out += c;
  }
  return out;
}

std::string Sha256(const std::string& text) {
  std::string digest(32, '\0');
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             EVP_sha256(), nullptr);
  return digest;
}

bool SignatureHolds(const std::string& text, std::string signature, std::string_view public_key) {
  const std::string bytes = *FromBase64(public_key);
  const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
  const bool ed25519 = bytes.size() == 32;
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
      ed25519 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, from, bytes.size())
              : d2i_PUBKEY(nullptr, &from, long(bytes.size())),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        EVP_MD_CTX_free);
  // ed25519 signs the hash as if it were the text (RFC 8463 section 3).
  const std::string signed_text = ed25519 ? Sha256(text) : text;
  EVP_DigestVerifyInit(context.get(), nullptr, ed25519 ? nullptr : EVP_sha256(), nullptr,
                       key.get());
  return EVP_DigestVerify(
             context.get(), reinterpret_cast<unsigned char*>(signature.data()), signature.size(),
             reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size()) == 1;
}

}  // namespace

std::string Verify(std::string_view signed_message, std::string_view public_key) {
  const std::string message(signed_message);
  const size_t split = message.find("\r\n\r\n");
  const auto fields = Fields(message.substr(0, split + 2));
  if (fields[0].name != "DKIM-Signature") return "no signature";
  std::map<std::string, std::string> tags;
  for (const auto tag : Split(fields[0].value, ';')) {
    const size_t equals = tag.find('=');
    tags[std::string(Trim(tag.substr(0, equals)))] = WithoutSpace(tag.substr(equals + 1));
  }
  const bool known = tags["a"] == "rsa-sha256" || tags["a"] == "ed25519-sha256";
  if (tags["v"] != "1" || !known || tags["c"] != "relaxed/relaxed") return "tags";
  if (Base64(Sha256(RelaxBody(message.substr(split + 4)))) != tags["bh"]) return "body hash";

  std::string covered;
  std::map<std::string, size_t> used;
  for (const auto name_view : Split(tags["h"], ':')) {
    const std::string name = Lower(name_view);
    size_t skip = used[name]++;
    for (size_t i = fields.size(); i-- > 1;) {
      if (!EqualsIgnoreCase(fields[i].name, name)) continue;
      if (skip-- == 0) {
        covered += RelaxHeader(fields[i]) + "\r\n";
        break;
      }
    }
  }
  const size_t b = fields[0].value.rfind("b=");
  covered += RelaxHeader({"DKIM-Signature", fields[0].value.substr(0, b + 2)});
  return SignatureHolds(covered, *FromBase64(tags["b"]), public_key) ? "pass" : "signature";
}

}  // namespace egd::dkim
