#include "daemon/api/http_front.h"

#include <chrono>
#include <exception>

#include "shared/base/log.h"
#include "shared/base/strings.h"
#include "shared/base/uuid.h"
#include "shared/catalogue/command.h"

namespace egd::api {

// One request and its answer.
struct HttpFront::Exchange {
  const http_server::HttpRequest& request;
  int refusal = 0;          // a status instead of an answer
  bool asks_first = false;  // only whether the caller is known
  bool admitted = false;
  std::string request_id;
  Instant received_at = {};
  bool may_wait = true;
  bool may_be_large = true;
  std::string path = {};  // decoded
  std::string_view query = {};
  Reply reply = {};
};

namespace {

using std::chrono::steady_clock;

// httplib's idea of a socket: the head in, the message out.
class MemoryStream : public httplib::Stream {
 public:
  explicit MemoryStream(std::string head) : head_(std::move(head)) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const size_t taken = head_.copy(to, size, read_);
    read_ += taken;
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char* from, size_t size) override {
    constexpr size_t kEdgeFields = 256;  // room for Date, Connection and Transfer-Encoding
    if (written.capacity() < written.size() + size) {
      written.reserve(written.size() + size + kEdgeFields);
    }
    written.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  std::string written;

 private:
  const std::string head_;
  size_t read_ = 0;
};

struct Target {
  std::string_view path;
  std::string_view query;
};

// Also the absolute form, "http://host/path" (RFC 9112 section 3.2.2).
Target SplitTarget(std::string_view target) {
  if (const size_t scheme = target.find("://");
      scheme != std::string_view::npos && !target.starts_with('/')) {
    target.remove_prefix(scheme + 3);
    target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  }
  const size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  return {path.empty() ? "/" : path, target.substr(std::min(question + 1, target.size()))};
}

// A path as the log may have it: a key or password that came in a path by mistake (keys have 32
// characters or more) must not be kept; a Command's name may be as long.
std::string Loggable(std::string_view path) {
  constexpr size_t kLongest = 31;
  std::vector<std::string> shown;
  for (const std::string_view part : Split(path, '/')) {
    const bool whole = part.size() <= kLongest || Uuid::Parse(part) || catalogue::Find(part);
    shown.emplace_back(whole ? part : "(long)");
  }
  return Join(shown, "/");
}

void LogAccess(const http_server::HttpRequest& request, const std::string& request_id,
               const std::string& path, const Reply& reply, steady_clock::duration took) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  log::Info("request",
            {{"request_id", request_id},
             {"client", request.peer_address},
             {"key", reply.key_id},
             {"method", request.method},
             {"path", Loggable(path)},
             {"status", std::to_string(reply.status)},
             {"ms", std::to_string(micros / 1000) + "." + std::to_string(micros / 100 % 10)}});
}

}  // namespace

HttpFront::HttpFront(const Router& router, const Clock& clock, MakePieces make_pieces,
                     Answered answered)
    : router_(router),
      clock_(clock),
      make_pieces_(std::move(make_pieces)),
      answered_(std::move(answered)) {
  set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    FillIn(request, response);
    return HandlerResponse::Handled;
  });
  // What httplib refuses by itself comes without a body: a path it cannot read or finds too long.
  set_error_handler(
      HandlerWithResponse([this](const httplib::Request&, httplib::Response& response) {
        if (!response.body.empty()) return HandlerResponse::Unhandled;
        exchange_->reply = TransportFailure(response.status);
        response.body = exchange_->reply.body;
        return HandlerResponse::Handled;
      }));
  set_post_routing_handler(
      [this](const httplib::Request&, httplib::Response& response) { Finish(response); });
}

http_server::HttpResponse HttpFront::Answer(const http_server::HttpRequest& request,
                                            Instant received_at) {
  Exchange exchange{
      .request = request, .request_id = NewUuidV7(clock_).ToString(), .received_at = received_at};
  return Compose(exchange);
}

http_server::HttpResponse HttpFront::Admit(const http_server::HttpRequest& head) {
  Exchange exchange{
      .request = head, .asks_first = true, .request_id = NewUuidV7(clock_).ToString()};
  http_server::HttpResponse refusal = Compose(exchange);
  return exchange.admitted ? http_server::HttpResponse() : std::move(refusal);
}

std::variant<http_server::HttpResponse, Need> HttpFront::AnswerAtOnce(
    const http_server::HttpRequest& request, Instant received_at, bool may_be_large) {
  Exchange exchange{.request = request,
                    .request_id = NewUuidV7(clock_).ToString(),
                    .received_at = received_at,
                    .may_wait = false,
                    .may_be_large = may_be_large};
  http_server::HttpResponse response = Compose(exchange);
  if (exchange.reply.deferred) return *exchange.reply.deferred;
  return response;
}

http_server::HttpResponse HttpFront::Refuse(int status, const http_server::HttpRequest& request) {
  Exchange exchange{
      .request = request, .refusal = status, .request_id = NewUuidV7(clock_).ToString()};
  return Compose(exchange);
}

http_server::HttpResponse HttpFront::Refuse(int status, const std::string& peer_address) {
  http_server::HttpRequest request;
  request.target = "/";
  request.peer_address = peer_address;
  return Refuse(status, request);
}

http_server::HttpResponse HttpFront::Compose(Exchange& exchange) {
  exchange_ = &exchange;
  const auto started = steady_clock::now();
  const Target target = SplitTarget(exchange.request.target);
  exchange.query = target.query;
  // The method is set below: httplib would call one it does not know malformed.
  MemoryStream stream("GET " + std::string(target.path) + " HTTP/1.1\r\n\r\n");
  bool closed = false;
  // "Close" spares httplib its Keep-Alive header; Connection is the edge's and removed again.
  process_request(stream, true, closed,
                  [&](httplib::Request& request) { request.method = exchange.request.method; });
  if (!exchange.admitted && !exchange.reply.deferred) {  // those have their line with their answer
    const auto took = steady_clock::now() - started;
    LogAccess(exchange.request, exchange.request_id, exchange.path, exchange.reply, took);
    answered_(exchange.reply.status, took);
  }
  exchange_ = nullptr;
  if (exchange.admitted) return {};
  http_server::HttpResponse response{std::move(stream.written)};
  if (!exchange.reply.text) return response;
  response.more = [make = make_pieces_, next = std::move(exchange.reply.text->next)](
                      http_server::Responder respond) { make(next, std::move(respond)); };
  return response;
}

void HttpFront::FillIn(const httplib::Request& request, httplib::Response& response) {
  Exchange& exchange = *exchange_;
  exchange.path = request.path;
  try {
    exchange.reply = ReplyTo(exchange);
  } catch (const std::exception& exception) {
    log::Error("request failed", {{"request_id", exchange.request_id}, {"what", exception.what()}});
    exchange.reply = TransportFailure(500);
  }
  response.status = exchange.reply.status;
  response.body = std::move(exchange.reply.body);
}

Reply HttpFront::ReplyTo(Exchange& exchange) const {
  if (exchange.refusal != 0) return TransportFailure(exchange.refusal);
  const Incoming incoming{exchange.request,     exchange.path,        exchange.query,
                          exchange.request_id,  exchange.received_at, exchange.may_wait,
                          exchange.may_be_large};
  if (!exchange.asks_first) return router_.Answer(incoming);
  auto refusal = router_.RefuseUnknown(incoming);
  exchange.admitted = !refusal;
  return refusal.value_or(Reply());
}

void HttpFront::Finish(httplib::Response& response) const {
  response.headers.erase("Connection");
  response.headers.erase("Accept-Ranges");  // httplib's own claim in replies to HEAD
  response.headers.erase("Content-Type");
  const auto& text = exchange_->reply.text;
  if (text) response.headers.erase("Content-Length");
  response.headers.emplace("Content-Type",
                           text ? text->content_type : "application/json; charset=utf-8");
  response.headers.emplace("X-Request-ID", exchange_->request_id);
  for (auto& [name, value] : exchange_->reply.headers)
    response.headers.emplace(name, std::move(value));
}

}  // namespace egd::api
