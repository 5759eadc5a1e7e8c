#include "cli/client.h"

#include <ostream>

#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "cli/connection_failure.h"
#include "shared/base/strings.h"
#include "shared/base/version.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMaxReplyBytes = 64 * 1024 * 1024;
constexpr std::chrono::seconds kConnectTimeout(10);

std::string Origin(const Endpoint& endpoint) {
  const bool ip6 = endpoint.host.find(':') != endpoint.host.npos;
  return std::string(endpoint.kind == Endpoint::Kind::kHttps ? "https" : "http") + "://" +
         (ip6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

// The parameters with the Command's name and what says who is asking.
std::string Body(const Target& target, const catalogue::Command& command, const Json& params) {
  Json body{{"Command", command.name}};
  body.update(params);
  if (!target.session_id.empty()) body["SessionID"] = target.session_id;
  if (command.Find("APIKey") && !target.api_key.empty()) body["APIKey"] = target.api_key;
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

httplib::Request RequestFor(const Target& target, const catalogue::Command& command,
                            std::string body, const std::string& idempotency_key) {
  httplib::Request request;
  request.method = "POST";
  request.path = target.endpoint.prefix + "/api.php";
  request.headers.emplace("Content-Type", "application/json");
  request.headers.emplace("Accept", "application/json");
  request.headers.emplace("User-Agent", "egctl/" + std::string(Version()));
  if (target.endpoint.kind == Endpoint::Kind::kUnix) request.headers.emplace("Host", "localhost");
  if (!target.api_key.empty() && !command.Find("APIKey")) {
    request.headers.emplace("Authorization", "Bearer " + target.api_key);
  }
  if (!idempotency_key.empty()) request.headers.emplace("Idempotency-Key", idempotency_key);
  request.body = std::move(body);
  return request;
}

std::shared_ptr<httplib::Client> Connection(const Endpoint& endpoint) {
  const bool unix_socket = endpoint.kind == Endpoint::Kind::kUnix;
  auto client = unix_socket ? std::make_shared<httplib::Client>(endpoint.host, 80)
                            : std::make_shared<httplib::Client>(Origin(endpoint));
  if (unix_socket) client->set_address_family(AF_UNIX);
  client->set_tcp_nodelay(true);
  client->set_connection_timeout(kConnectTimeout);
  return client;
}

std::string Reason(const Endpoint& endpoint, httplib::Error error, std::chrono::seconds timeout) {
  switch (error) {
    case httplib::Error::Connection:
      return WhyNoConnection(endpoint);
    case httplib::Error::ConnectionTimeout:
      return "the connection timed out";
    case httplib::Error::Read:
      return "no complete answer within " + std::to_string(timeout.count()) + " s";
    case httplib::Error::Canceled:
      return "the answer is too large, or cannot be written";
    case httplib::Error::SSLServerVerification:
    case httplib::Error::SSLLoadingCerts:
      return "its TLS certificate is not trusted";
    case httplib::Error::SSLConnection:
      return "TLS failed";
    default:
      return httplib::to_string(error) + " failed";
  }
}

}  // namespace

Client::Client(Target target, std::chrono::seconds timeout, std::ostream* trace, std::ostream* text)
    : target_(std::move(target)), timeout_(timeout), trace_(trace), text_(text) {}

Result<HttpReply> Client::Call(const catalogue::Command& command, const Json& params,
                               const std::string& idempotency_key) {
  const Endpoint& endpoint = target_.endpoint;
  httplib::Request request =
      RequestFor(target_, command, Body(target_, command, params), idempotency_key);
  if (trace_) {
    *trace_ << "> POST " << request.path << " Command=" << command.name << " (" << endpoint.url
            << ")\n";
  }
  HttpReply reply;
  request.response_handler = [&](const httplib::Response& response) {
    const std::string type = response.get_header_value("Content-Type");
    reply.is_text = text_ && response.status == 200 && !command.text_type.empty() &&
                    type.starts_with(command.text_type) && response.has_header("X-Request-ID");
    return true;
  };
  request.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
    if (reply.is_text) return bool(text_->write(data, std::streamsize(size)));
    if (reply.body.size() + size > kMaxReplyBytes) return false;
    reply.body.append(data, size);
    return true;
  };
  const auto connection = connection_ ? connection_ : Connection(endpoint);
  connection->set_keep_alive(keeps_connection_);
  connection->set_read_timeout(timeout_);
  connection->set_write_timeout(timeout_);
  if (keeps_connection_) connection_ = connection;
  const httplib::Result result = connection->send(request);
  if (!result) {
    return Unavailable("cannot reach the gateway at " + endpoint.url + ": " +
                       Reason(endpoint, result.error(), timeout_));
  }
  reply.status = result->status;
  reply.request_id = result->get_header_value("X-Request-ID");
  if (trace_) {
    *trace_ << "< " << reply.status << " X-Request-ID: " << Printable(reply.request_id) << "\n";
  }
  return reply;
}

}  // namespace egd::cli
