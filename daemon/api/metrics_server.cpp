#include "daemon/api/metrics_server.h"

#include <string_view>
#include <utility>

#include "daemon/http_server/edge.h"
#include "daemon/net/worker_pool.h"

namespace egd::api {
namespace {

using http_server::HttpRequest;
using http_server::HttpResponse;
using http_server::Responder;

// One scrape at a time is read, a few may wait: Prometheus asks every quarter of a minute.
constexpr size_t kMostWaiting = 16;
constexpr size_t kMostConnections = 64;
constexpr size_t kMostBody = 1024;  // a scrape has none

HttpResponse Compose(std::string_view status, std::string_view type, std::string_view body) {
  std::string message("HTTP/1.1 ");
  message.append(status).append("\r\nContent-Type: ").append(type);
  message.append("\r\nContent-Length: ").append(std::to_string(body.size()));
  message.append("\r\n\r\n").append(body);
  return {std::move(message)};
}

HttpResponse Plain(std::string_view status) {
  return Compose(status, "text/plain; charset=utf-8", std::string(status) + "\n");
}

std::string_view StatusLine(int status) {
  switch (status) {
    case 408:
      return "408 Request Timeout";
    case 413:
      return "413 Content Too Large";
    case 431:
      return "431 Request Header Fields Too Large";
    case 503:
      return "503 Service Unavailable";
    default:
      return "400 Bad Request";
  }
}

http_server::EdgeOptions OptionsFor(std::vector<std::string> listen) {
  http_server::EdgeOptions options;
  options.listen = std::move(listen);
  options.max_connections = kMostConnections;
  options.max_body_bytes = kMostBody;
  options.thread_name = "egd-metrics";
  return options;
}

}  // namespace

class MetricsServer::Implementation {
 public:
  Implementation(std::vector<std::string> listen, std::function<std::string()> render)
      : readers_(
            "egd-scrape", 1, kMostWaiting,
            [render = std::move(render)] {
              return [render](std::shared_ptr<Responder> respond) {
                (*respond)(Compose("200 OK", "text/plain; version=0.0.4; charset=utf-8", render()));
              };
            }),
        edge_(
            OptionsFor(std::move(listen)),
            [this](HttpRequest request, Responder respond) { Answer(request, std::move(respond)); },
            [](int status, const std::string&) { return Plain(StatusLine(status)); }) {}

  Result<void> Start() {
    readers_.Start();
    return edge_.Start();
  }
  void Interrupt() { edge_.Interrupt(); }
  // The edge first: it waits for answers, so readers must still run.
  void Join() {
    edge_.Join();
    readers_.Interrupt();
    readers_.Join();
  }
  const std::vector<std::string>& addresses() const { return edge_.addresses(); }

 private:
  void Answer(const HttpRequest& request, Responder respond) {
    const std::string_view path =
        std::string_view(request.target).substr(0, request.target.find('?'));
    if (path != "/metrics") return respond(Plain("404 Not Found"));
    if (request.method != "GET") return respond(Plain("405 Method Not Allowed"));
    auto waiting = std::make_shared<Responder>(std::move(respond));
    if (!readers_.Submit(waiting)) (*waiting)(Plain("503 Service Unavailable"));
  }

  net::WorkerPool<std::shared_ptr<Responder>> readers_;
  http_server::Edge edge_;
};

MetricsServer::MetricsServer(std::vector<std::string> listen, std::function<std::string()> render)
    : implementation_(std::make_unique<Implementation>(std::move(listen), std::move(render))) {}
MetricsServer::~MetricsServer() = default;
Result<void> MetricsServer::Start() {
  return implementation_->Start();
}
void MetricsServer::Interrupt() {
  implementation_->Interrupt();
}
void MetricsServer::Join() {
  implementation_->Join();
}
const std::vector<std::string>& MetricsServer::addresses() const {
  return implementation_->addresses();
}

}  // namespace egd::api
