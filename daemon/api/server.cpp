#include "daemon/api/server.h"

#include <chrono>
#include <exception>
#include <thread>
#include <variant>

#include <nlohmann/json.hpp>
#include <pthread.h>

#include "daemon/api/dispatcher.h"
#include "daemon/api/http_front.h"
#include "daemon/api/router.h"
#include "daemon/api/waiting_jobs.h"
#include "daemon/api/working_memory.h"
#include "daemon/auth/rate_limit.h"
#include "daemon/core/memory_plan.h"
#include "daemon/http_server/shares.h"
#include "daemon/net/worker_pool.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::api {

namespace {
// Twice WaitingLimits::running_each; a verification of DNS records takes 5 s at most.
constexpr int kWaitingThreads = 8;
// Making the reply with a template's ten MiB at most: the row, the tree, the text and the message.
constexpr size_t kLargeReply = 16 * 1024 * 1024;
constexpr size_t kSmallBody = 64 * 1024;  // answered without asking for memory
constexpr size_t kMostWaiting = 1024;     // for memory
}  // namespace

class Server::Implementation {
 public:
  Implementation(ServerOptions options, Handlers handlers, core::Authenticator& authenticator,
                 const Clock& clock, const std::vector<catalogue::Command>& commands)
      : clock_(clock),
        commands_(commands),
        answered_(std::move(options.answered)),
        handlers_(std::move(handlers)),
        rate_limit_(clock, options.api_requests),
        dispatcher_(commands, handlers_, authenticator, rate_limit_, options.v1_errors_as_200),
        router_(dispatcher_, commands, std::move(options.openapi), std::move(options.ready),
                std::move(options.serves_host)),
        proxies_(std::move(options.proxies)),
        memory_(options.working_memory, kMostWaiting),
        workers_("egd-api", size_t(options.threads), options.max_queued,
                 [this] { return MakeWorker(); }),
        edge_(
            std::move(options.edge),
            [this](http_server::HttpRequest request, http_server::Responder respond) {
              request.peer_address = ClientOf(request);
              const std::string holder = http_server::Shares::HolderOf(request.peer_address);
              EnqueueWithRoom({std::move(request), std::move(respond)}, holder, 0);
            },
            [this](int status, const std::string& peer_address) {
              return HttpFront(router_, clock_, {}, answered_).Refuse(status, peer_address);
            },
            [this](http_server::HttpRequest head, http_server::Responder respond) {
              head.peer_address = ClientOf(head);
              Enqueue({std::move(head), std::move(respond), {}, true});
            }) {}

  ~Implementation() {
    Interrupt();
    Join();
  }

  Result<void> Start() {
    if (auto checked = CheckHandlers(commands_, handlers_); !checked) return checked;
    if (auto started = edge_.Start(); !started) return started;
    workers_.Start();
    for (int i = 0; i < kWaitingThreads; ++i) {
      waiters_.emplace_back([this, name = "egd-wait." + std::to_string(i)] {
        pthread_setname_np(pthread_self(), name.c_str());
        WorkAndWait();
      });
    }
    return {};
  }

  void Interrupt() { edge_.Interrupt(); }

  // The edge first: it waits for handlers, so they must still run.
  void Join() {
    edge_.Join();
    workers_.Interrupt();
    workers_.Join();
    waiting_.Close();
    for (auto& thread : waiters_) thread.join();
    waiters_.clear();
  }

  void SetRateLimit(int api_requests) { rate_limit_.SetLimit(api_requests); }
  Result<void> ReloadTls() { return edge_.ReloadTls(); }
  void Ping(std::function<void()> pong) { edge_.Ping(std::move(pong)); }
  const std::vector<std::string>& addresses() const { return edge_.addresses(); }

 private:
  // A request to answer, the head of one to admit, or, with `piece`, the next piece of an answer.
  struct Job {
    http_server::HttpRequest request;
    http_server::Responder respond;
    MakePiece piece = {};
    bool asks_first = false;    // only the head: may the body come?
    bool may_be_large = false;  // the reply
    WorkingMemory::Room room = {};
    std::chrono::steady_clock::time_point received_at = std::chrono::steady_clock::now();
  };

  std::string ClientOf(const http_server::HttpRequest& request) const {
    return proxies_.ClientOf(request.peer_address, http_server::ForwardedFor(request));
  }

  // Queues the job as soon as there is room for what answering its body takes, and `reply` bytes.
  void EnqueueWithRoom(Job job, const std::string& holder, const size_t reply) {
    const size_t body = job.request.body.size();
    const size_t bytes = reply + (body > kSmallBody ? body * core::kAnsweringPerByte : 0);
    job.room = nullptr;  // none is held while it waits for more
    if (bytes == 0) return Enqueue(std::move(job));
    const auto shared = std::make_shared<Job>(std::move(job));
    const auto enqueue = [this, shared](WorkingMemory::Room room) {
      shared->room = std::move(room);
      Enqueue(std::move(*shared));
    };
    if (memory_.Take(holder, bytes, enqueue)) return;
    shared->respond(HttpFront(router_, clock_, {}, answered_).Refuse(503, shared->request));
  }

  void Enqueue(Job job) {
    if (workers_.Submit(job)) return;
    job.respond(HttpFront(router_, clock_, {}, answered_).Refuse(503, job.request));
  }

  // Refused, the piece's responder is dropped: that cuts the answer off.
  void EnqueuePiece(MakePiece piece, http_server::Responder respond) {
    Job job{{}, std::move(respond), std::move(piece)};
    workers_.Submit(job);
  }

  // One front a thread: it is made with its routes.
  std::function<void(Job)> MakeWorker() {
    const auto front = std::make_shared<HttpFront>(router_, clock_, piece_makers_, answered_);
    return [this, front](Job job) { Work(std::move(job), *front); };
  }

  void Work(Job job, HttpFront& front) {
    if (job.piece) return job.respond(Piece(std::move(job.piece)));
    if (job.asks_first) return job.respond(front.Admit(job.request));
    auto answer = front.AnswerAtOnce(job.request, job.received_at, job.may_be_large);
    const Need* need = std::get_if<Need>(&answer);
    if (!need) return job.respond(std::get<http_server::HttpResponse>(std::move(answer)));
    if (need->kind == Need::Kind::kMemory) {
      job.may_be_large = true;
      return EnqueueWithRoom(std::move(job), "user " + std::to_string(need->user_id), kLargeReply);
    }
    if (!waiting_.Push(need->user_id, job)) job.respond(front.Refuse(429, job.request));
  }

  // What asks name servers and endpoints, or takes long. The pieces of a text are the others' work.
  void WorkAndWait() {
    HttpFront front(router_, clock_, piece_makers_, answered_);
    while (auto taken = waiting_.Pop()) {
      taken->job.respond(front.Answer(taken->job.request, taken->job.received_at));
      waiting_.Done(taken->user);
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
  const HttpFront::Answered answered_;
  const Handlers handlers_;
  auth::RateLimit rate_limit_;
  const Dispatcher dispatcher_;
  const Router router_;
  const HttpFront::MakePieces piece_makers_ = [this](MakePiece piece,
                                                     http_server::Responder respond) {
    EnqueuePiece(std::move(piece), std::move(respond));
  };
  const core::TrustedProxies proxies_;
  WorkingMemory memory_;  // outlives the jobs that have rooms in it
  WaitingJobs<Job> waiting_;
  net::WorkerPool<Job> workers_;
  http_server::Edge edge_;
  std::vector<std::thread> waiters_;
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
void Server::Ping(std::function<void()> pong) {
  implementation_->Ping(std::move(pong));
}
const std::vector<std::string>& Server::addresses() const {
  return implementation_->addresses();
}

}  // namespace egd::api
