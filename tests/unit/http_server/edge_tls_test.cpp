// TLS at the edge, against OpenSSL's own client.
#include <cstdio>
#include <filesystem>
#include <memory>

#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/http_server/edge.h"

namespace egd::http_server {
namespace {

template <typename T, void (*kFree)(T*)>
struct Freer {
  void operator()(T* object) const { kFree(object); }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, Freer<X509, X509_free>>;
using ContextPointer = std::unique_ptr<SSL_CTX, Freer<SSL_CTX, SSL_CTX_free>>;
using SslPointer = std::unique_ptr<SSL, Freer<SSL, SSL_free>>;

// Writes a fresh self-signed certificate for `name`, and its key.
void MakeCertificate(const std::string& name, const std::string& certificate_file,
                     const std::string& key_file) {
  const KeyPointer key(EVP_EC_gen("P-256"));
  const CertificatePointer certificate(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  std::FILE* file = std::fopen(certificate_file.c_str(), "w");
  PEM_write_X509(file, certificate.get());
  std::fclose(file);
  file = std::fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  std::fclose(file);
}

// One blocking TLS connection; verifies nothing, tells what it saw.
class TlsClient {
 public:
  TlsClient(const std::string& address, int max_version)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port =
        htons(static_cast<uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval limit{5, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&target), sizeof(target)) == 0);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), socket_);
    connected_ = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
  }
  ~TlsClient() { ::close(socket_); }

  bool connected() const { return connected_; }
  std::string PeerName() const {
    const CertificatePointer certificate(SSL_get1_peer_certificate(ssl_.get()));
    char name[100] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name,
                              sizeof(name));
    return name;
  }
  std::string Ask(const std::string& bytes) {
    SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    char reply[4096];
    const int size = SSL_read(ssl_.get(), reply, sizeof(reply));
    return size > 0 ? std::string(reply, static_cast<size_t>(size)) : "";
  }

 private:
  ContextPointer context_;
  int socket_ = -1;
  SslPointer ssl_;
  bool connected_ = false;
};

struct Directory {
  Directory() {
    std::string name = "/tmp/egd-tls-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

EdgeOptions WithTls(const Directory& directory) {
  EdgeOptions options;
  options.listen = {"127.0.0.1:0"};
  options.tls_certificate = directory.path / "certificate.pem";
  options.tls_key = directory.path / "key.pem";
  options.linger_timeout = std::chrono::milliseconds(100);
  return options;
}

void Answer(HttpRequest request, Responder respond) {
  respond({"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(request.body.size()) +
           "\r\n\r\n" + request.body});
}
HttpResponse Refusal(int, const std::string&) {
  return {"HTTP/1.1 400 X\r\nContent-Length: 0\r\n\r\n"};
}

const std::string kPost = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";

}  // namespace

TEST_CASE("TLS 1.2 and 1.3 are served, older versions are not") {
  const Directory directory;
  const EdgeOptions options = WithTls(directory);
  MakeCertificate("one", options.tls_certificate, options.tls_key);
  Edge edge(options, Answer, Refusal);
  REQUIRE(edge.Start());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(edge.addresses().front(), version);
    REQUIRE(client.connected());
    CHECK(client.Ask(kPost).find("\r\n\r\nhello") != std::string::npos);
    CHECK(client.Ask(kPost).find("\r\n\r\nhello") != std::string::npos);
  }
  CHECK_FALSE(TlsClient(edge.addresses().front(), TLS1_1_VERSION).connected());
}

TEST_CASE("a reload takes the new certificate, and keeps the old when the new is unusable") {
  const Directory directory;
  const EdgeOptions options = WithTls(directory);
  MakeCertificate("one", options.tls_certificate, options.tls_key);
  Edge edge(options, Answer, Refusal);
  REQUIRE(edge.Start());
  TlsClient before(edge.addresses().front(), TLS1_3_VERSION);
  CHECK(before.PeerName() == "one");

  MakeCertificate("two", options.tls_certificate, options.tls_key);
  REQUIRE(edge.ReloadTls());
  CHECK(TlsClient(edge.addresses().front(), TLS1_3_VERSION).PeerName() == "two");
  CHECK(before.Ask(kPost).find("hello") != std::string::npos);

  MakeCertificate("three", options.tls_certificate, directory.path / "other.pem");
  const auto reloaded = edge.ReloadTls();
  REQUIRE_FALSE(reloaded);
  CHECK(reloaded.error().public_text.find(options.tls_key) != std::string::npos);
  CHECK(TlsClient(edge.addresses().front(), TLS1_3_VERSION).PeerName() == "two");
}

TEST_CASE("a missing certificate keeps the edge from starting") {
  const Directory directory;
  Edge edge(WithTls(directory), Answer, Refusal);
  const auto started = edge.Start();
  REQUIRE_FALSE(started);
  CHECK(started.error().public_text.find("certificate.pem") != std::string::npos);
}

}  // namespace egd::http_server
