#include "tests/unit/smtp_client/scripted_server.h"

#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "shared/base/strings.h"

namespace egd::smtp_client {
namespace {

namespace asio = boost::asio;

std::vector<std::string> Lines(const std::string& script) {
  std::vector<std::string> lines;
  for (const auto line : Split(script, '\n')) {
    const std::string_view trimmed = Trim(line);
    if (!trimmed.empty()) lines.emplace_back(trimmed);
  }
  return lines;
}

}  // namespace

ScriptedServer::ScriptedServer(asio::io_context& context, std::vector<std::string> scripts)
    : acceptor_(context.get_executor(), {asio::ip::address_v4::loopback(), 0}),
      port_(acceptor_.local_endpoint().port()),
      scripts_(std::move(scripts)),
      stopped_(context.get_executor(), Timer::time_point::max()),
      tls_(SelfSignedTlsContext()) {
  asio::co_spawn(context.get_executor(), Accept(), asio::detached);
}

void ScriptedServer::Stop() {
  acceptor_.close();
  stopped_.cancel();
}

net::Task<void> ScriptedServer::Accept() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(net::kAwaitTuple);
    if (error) co_return;
    const size_t number = connections_++;
    if (number >= scripts_.size()) {
      problems_.push_back("one connection too many");
      continue;
    }
    asio::co_spawn(acceptor_.get_executor(), Play(std::move(socket), scripts_[number]),
                   asio::detached);
  }
}

net::Task<void> ScriptedServer::Play(Socket socket, std::string script) {
  Peer peer(std::move(socket));
  const auto lines = Lines(script);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string text = lines[i].size() > 3 ? lines[i].substr(3) : "";
    if (lines[i].starts_with("S:")) {
      std::string said = text + "\r\n";
      while (i + 1 < lines.size() && lines[i + 1].starts_with("S:")) {
        said += lines[++i].size() > 3 ? lines[i].substr(3) + "\r\n" : "\r\n";
      }
      const bool sent = co_await Say(peer, std::move(said));
      if (!sent) co_return;
    } else if (lines[i].starts_with("C")) {
      const std::string line = co_await ReadUntil(peer, "\r\n");
      const bool fits = lines[i][1] == '*' ? line.starts_with(text) : line == text;
      if (!fits) {
        problems_.push_back("expected \"" + text + "\", got \"" + Printable(line) + "\"");
        co_return;
      }
    } else {
      const bool goes_on = co_await Act(peer, text);
      if (!goes_on) co_return;
    }
  }
}

net::Task<bool> ScriptedServer::Act(Peer& peer, std::string action) {
  if (action == "content") {
    std::string content = co_await ReadUntil(peer, "\r\n.\r\n");
    contents_.push_back(content + "\r\n");
    co_return true;
  }
  if (action == "dot") {  // an empty message
    const std::string dot = co_await ReadUntil(peer, "\r\n");
    if (dot != ".") problems_.push_back("expected a lone dot, got \"" + Printable(dot) + "\"");
    co_return true;
  }
  if (action.starts_with("take ")) {
    const auto bytes = size_t(*ParseInteger(action.substr(5)));
    while (peer.unread.size() < bytes) {
      const bool more = co_await ReadMore(peer);
      if (!more) co_return false;
    }
    co_return true;
  }
  if (action == "tls") {
    peer.tls = std::make_unique<asio::ssl::stream<Socket&>>(peer.socket, *tls_);
    const auto [error] =
        co_await peer.tls->async_handshake(asio::ssl::stream_base::server, net::kAwaitTuple);
    if (error) problems_.push_back("TLS handshake: " + error.message());
    co_return !error;
  }
  if (action == "hang") {
    for (bool more = true; more;) more = co_await ReadMore(peer);
    co_return false;
  }
  if (action == "stall") {
    co_await stopped_.async_wait(net::kAwaitTuple);
    co_return false;
  }
  if (action == "reset") {
    peer.socket.set_option(asio::socket_base::linger(true, 0));
    peer.socket.close();  // the destructor would undo the option
  }
  if (action == "slowly") peer.slowly = true;
  co_return action == "slowly";
}

net::Task<bool> ScriptedServer::Say(Peer& peer, std::string text) {
  const size_t step = peer.slowly ? 1 : text.size();
  if (peer.slowly) peer.socket.set_option(asio::ip::tcp::no_delay(true));
  for (size_t at = 0; at < text.size(); at += step) {
    const auto buffer = asio::buffer(text.data() + at, step);
    boost::system::error_code failed;
    if (peer.tls) {
      const auto [error, size] = co_await asio::async_write(*peer.tls, buffer, net::kAwaitTuple);
      failed = error;
    } else {
      const auto [error, size] = co_await asio::async_write(peer.socket, buffer, net::kAwaitTuple);
      failed = error;
    }
    if (failed) co_return false;
  }
  co_return true;
}

net::Task<bool> ScriptedServer::ReadMore(Peer& peer) {
  char bytes[4096];
  const auto buffer = asio::buffer(bytes);
  boost::system::error_code error;
  size_t size = 0;
  if (peer.tls) {
    std::tie(error, size) = co_await peer.tls->async_read_some(buffer, net::kAwaitTuple);
  } else {
    std::tie(error, size) = co_await peer.socket.async_read_some(buffer, net::kAwaitTuple);
  }
  peer.unread.append(bytes, size);
  co_return !error;
}

net::Task<std::string> ScriptedServer::ReadUntil(Peer& peer, std::string end) {
  size_t found;
  while ((found = peer.unread.find(end)) == std::string::npos) {
    const bool more = co_await ReadMore(peer);
    if (!more) co_return "(the client left)";
  }
  std::string text = peer.unread.substr(0, found);
  peer.unread.erase(0, found + end.size());
  co_return text;
}

std::string ScriptedServer::certificate() const {
  const std::unique_ptr<BIO, decltype(&BIO_free)> pem(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(pem.get(), SSL_CTX_get0_certificate(tls_->native_handle()));
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(pem.get(), &bytes);
  return std::string(bytes, size_t(size));
}

std::shared_ptr<asio::ssl::context> SelfSignedTlsContext() {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* host = reinterpret_cast<const unsigned char*>("mx.example.com");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  if (X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0)
    throw std::runtime_error("X509_sign");

  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  SSL_CTX_use_certificate(context->native_handle(), certificate.get());
  SSL_CTX_use_PrivateKey(context->native_handle(), key.get());
  return context;
}

}  // namespace egd::smtp_client
