#include "daemon/api/server.h"

#include <exception>
#include <thread>

#include <nlohmann/json.hpp>
#include <pthread.h>

#include "daemon/api/dispatcher.h"
#include "daemon/api/http_front.h"
#include "daemon/api/router.h"
#include "daemon/api/work_queue.h"
#include "daemon/auth/rate_limit.h"
#include "shared/base/log.h"

namespace egd::api {

class Server::Implementation {
 public:
  Implementation(ServerOptions options, Handlers handlers, core::Authenticator& authenticator,
                 const Clock& clock, const std::vector<catalogue::Command>& commands)
      : clock_(clock),
        commands_(commands),
        thread_count_(options.threads),
        handlers_(std::move(handlers)),
        rate_limit_(clock, options.api_requests),
        dispatcher_(commands, handlers_, authenticator, rate_limit_, options.v1_errors_as_200),
        router_(dispatcher_, commands, std::move(options.openapi), std::move(options.ready)),
        queue_(options.max_queued),
        edge_(
            std::move(options.edge),
            [this](http_server::HttpRequest request, http_server::Responder respond) {
              Enqueue({std::move(request), std::move(respond)});
            },
            [this](int status, const std::string& peer_address) {
              return HttpFront(router_, clock_).Refuse(status, peer_address);
            }) {}

  ~Implementation() {
    Interrupt();
    Join();
  }

  Result<void> Start() {
    if (auto checked = CheckHandlers(commands_, handlers_); !checked) return checked;
    if (auto started = edge_.Start(); !started) return started;
    for (int i = 0; i < thread_count_; ++i) {
      threads_.emplace_back([this, name = "egd-api." + std::to_string(i)] {
        pthread_setname_np(pthread_self(), name.c_str());
        Work();
      });
    }
    return {};
  }

  void Interrupt() { edge_.Interrupt(); }

  // The edge first: it waits for handlers, so they must still run.
  void Join() {
    edge_.Join();
    queue_.Close();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  void SetRateLimit(int api_requests) { rate_limit_.SetLimit(api_requests); }
  Result<void> ReloadTls() { return edge_.ReloadTls(); }
  const std::vector<std::string>& addresses() const { return edge_.addresses(); }

 private:
  // A request to answer, or, with `piece`, the next piece of an answer under way.
  struct Job {
    http_server::HttpRequest request;
    http_server::Responder respond;
    MakePiece piece = {};
  };

  void Enqueue(Job job) {
    if (queue_.Push(job)) return;
    job.respond(HttpFront(router_, clock_).Refuse(503, job.request));
  }

  // Refused, the piece's responder is dropped: that cuts the answer off.
  void EnqueuePiece(MakePiece piece, http_server::Responder respond) {
    Job job{{}, std::move(respond), std::move(piece)};
    queue_.Push(job);
  }

  void Work() {
    HttpFront front(router_, clock_, [this](MakePiece piece, http_server::Responder respond) {
      EnqueuePiece(std::move(piece), std::move(respond));
    });
    while (auto job = queue_.Pop()) {
      job->respond(job->piece ? Piece(std::move(job->piece)) : front.Answer(job->request));
    }
  }

  // Nothing, so that the answer is cut off, when it cannot be made.
  http_server::HttpResponse Piece(MakePiece make) {
    std::string why;
    try {
      Result<TextPiece> piece = make();
      if (piece && piece->last) return {std::move(piece->text), {}, true};
      if (piece) {
        return {std::move(piece->text),
                [this, make = std::move(make)](http_server::Responder respond) {
                  EnqueuePiece(make, std::move(respond));
                }};
      }
      why = piece.error().public_text + " " + piece.error().detail;
    } catch (const std::exception& exception) {
      why = exception.what();
    }
    log::Error("reply cut off", {{"why", why}});
    return {};
  }

  const Clock& clock_;
  const std::vector<catalogue::Command>& commands_;
  const int thread_count_;
  const Handlers handlers_;
  auth::RateLimit rate_limit_;
  const Dispatcher dispatcher_;
  const Router router_;
  WorkQueue<Job> queue_;
  http_server::Edge edge_;
  std::vector<std::thread> threads_;
};

Server::Server(ServerOptions options, Handlers handlers, core::Authenticator& authenticator,
               const Clock& clock, const std::vector<catalogue::Command>& commands)
    : implementation_(std::make_unique<Implementation>(std::move(options), std::move(handlers),
                                                       authenticator, clock, commands)) {}
Server::~Server() = default;
Result<void> Server::Start() {
  return implementation_->Start();
}
void Server::Interrupt() {
  implementation_->Interrupt();
}
void Server::Join() {
  implementation_->Join();
}
void Server::SetRateLimit(int api_requests) {
  implementation_->SetRateLimit(api_requests);
}
Result<void> Server::ReloadTls() {
  return implementation_->ReloadTls();
}
const std::vector<std::string>& Server::addresses() const {
  return implementation_->addresses();
}

}  // namespace egd::api
