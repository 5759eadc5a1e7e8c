#include "daemon/tracking_server/server.h"

#include <algorithm>
#include <utility>

#include "daemon/net/worker_pool.h"
#include "daemon/service/audience/unsubscribing.h"
#include "daemon/service/tracking/tracking_keys.h"
#include "daemon/store/domain_store.h"
#include "daemon/store/hit_store.h"
#include "daemon/store/message_store.h"
#include "daemon/tracking/hit_token.h"
#include "daemon/tracking/unsubscribe_token.h"
#include "daemon/tracking_server/hit_request.h"
#include "daemon/tracking_server/unsubscribe_page.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"

namespace egd::tracking_server {
namespace {

using http_server::HeaderOf;
using http_server::HttpRequest;
using http_server::HttpResponse;
using http_server::Responder;

constexpr size_t kThreads = 2;            // pages and unsubscribes are rare, and wait for the store
constexpr size_t kMostQueued = 1024;      // beyond them 503
constexpr uint64_t kMaxBody = 64 * 1024;  // an unsubscribe form has some 100 bytes

// The smallest transparent GIF (GIF89a).
constexpr std::string_view kGif(
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\x00\x00\x00\x00"
    "\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b",
    43);

std::string_view Phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 302:
      return "Found";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
  }
  return "Error";
}

struct Answer {
  int status = 200;
  std::string_view type = "text/plain; charset=utf-8";
  std::string body;
  std::string fields = {};  // further header lines
};

HttpResponse Response(const HttpRequest& request, const Answer& answer) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " ";
  text.append(Phrase(answer.status)).append("\r\nContent-Type: ").append(answer.type);
  text.append("\r\nContent-Length: ").append(std::to_string(answer.body.size()));
  text +=
      "\r\nCache-Control: no-store, private\r\nX-Robots-Tag: noindex, nofollow\r\n"
      "Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n";
  text.append(answer.fields).append("\r\n");
  if (request.method != "HEAD") text += answer.body;
  return {std::move(text)};
}

Answer Refusal(int status) {
  Answer answer{status, "text/plain; charset=utf-8", std::string(Phrase(status)) + "\n"};
  if (status == 503) answer.fields = "Retry-After: 5\r\n";
  return answer;
}

Answer WrongMethod(std::string_view allowed) {
  Answer answer = Refusal(405);
  answer.fields = "Allow: " + std::string(allowed) + "\r\n";
  return answer;
}

Answer Page(std::string body) {
  return {200, "text/html; charset=utf-8", std::move(body),
          "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
          "form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"};
}

struct Target {
  char kind = 0;  // 'o', 'c' or 'u'; 0: none of ours
  std::string_view token;
};

Target TargetOf(std::string_view target) {
  if (const size_t scheme = target.find("://"); !target.starts_with('/') && scheme < 8) {
    target.remove_prefix(std::min(target.find('/', scheme + 3), target.size()));
  }
  target = target.substr(0, target.find_first_of("?#"));
  if (target == "/robots.txt") return {'r', {}};
  const bool ours = target.size() > 3 && target[0] == '/' && target[2] == '/' &&
                    (target[1] == 'o' || target[1] == 'c' || target[1] == 'u');
  if (!ours) return {};
  return {target[1], target.substr(3)};
}

bool Reads(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

class Server::Implementation {
 public:
  Implementation(ServerOptions options, store::Store& store, const auth::Vault& vault,
                 service::HitLog& hits, const Clock& clock)
      : store_(store),
        hits_(hits),
        clock_(clock),
        proxies_(std::move(options.proxies)),
        respect_dnt_(options.respect_dnt),
        page_(options.unsubscribe_page.empty() ? DefaultUnsubscribePage()
                                               : std::move(options.unsubscribe_page)),
        hit_key_(vault.Derive(service::kHitPurpose)),
        unsubscribe_key_(vault.Derive(service::kUnsubscribePurpose)),
        listens_(!options.edge.listen.empty()),
        workers_("egd-track", kThreads, kMostQueued,
                 [this] {
                   return [this](Job job) {
                     job.respond(Response(job.request, SlowAnswer(job.request)));
                   };
                 }),
        edge_(
            EdgeOptions(std::move(options.edge)),
            [this](HttpRequest request, Responder respond) {
              Handle(std::move(request), std::move(respond));
            },
            [](int status, const std::string&) { return Response({}, Refusal(status)); }) {}

  ~Implementation() {
    Interrupt();
    Join();
  }

  Result<void> Start() {
    if (!listens_) return {};
    if (auto started = edge_.Start(); !started) return started;
    workers_.Start();
    return {};
  }

  void Interrupt() {
    if (listens_) edge_.Interrupt();
  }

  // The edge first: it waits for what is being answered.
  void Join() {
    if (listens_) edge_.Join();
    workers_.Interrupt();
    workers_.Join();
  }

  Result<void> ReloadTls() { return listens_ ? edge_.ReloadTls() : Result<void>(); }
  Result<void> IsReady() const {
    return edge_.listening() || !listens_ ? Result<void>()
                                          : Unavailable("Tracking is not listening");
  }
  const std::vector<std::string>& addresses() const { return edge_.addresses(); }

 private:
  struct Job {
    HttpRequest request;
    Responder respond;
  };

  static http_server::EdgeOptions EdgeOptions(http_server::EdgeOptions options) {
    options.max_body_bytes = kMaxBody;
    options.thread_name = "egd-link";
    return options;
  }

  // On an io thread.
  void Handle(HttpRequest request, Responder respond) {
    const Target target = TargetOf(request.target);
    if (target.kind == 'o' || target.kind == 'c') {
      return HandleHit(std::move(request), std::move(respond));
    }
    if (target.kind == 'u') return Enqueue({std::move(request), std::move(respond)});
    if (target.kind == 'r' && Reads(request)) {
      return respond(Response(request, {200, "text/plain", "User-agent: *\nDisallow: /\n"}));
    }
    respond(Response(request, Refusal(404)));
  }

  void HandleHit(HttpRequest request, Responder respond) {
    const Target target = TargetOf(request.target);
    const auto token = tracking::ReadHitToken(target.token, service::MacWith(hit_key_));
    if (!token || token->click != (target.kind == 'c')) {
      return respond(Response(request, Refusal(404)));
    }
    if (!Reads(request)) return respond(Response(request, WrongMethod("GET, HEAD")));
    if (!token->click) {
      Note(request, *token, {});
      return respond(Response(request, {200, "image/gif", std::string(kGif)}));
    }
    if (token->url.empty()) return Enqueue({std::move(request), std::move(respond)});
    Note(request, *token, token->url);
    respond(Response(request, Redirect(token->url)));
  }

  static Answer Redirect(const std::string& url) {
    return {302, "text/plain; charset=utf-8", {}, "Location: " + url + "\r\n"};
  }

  std::string ClientOf(const HttpRequest& request) const {
    return proxies_.ClientOf(request.peer_address, http_server::ForwardedFor(request));
  }

  void Note(const HttpRequest& request, const tracking::HitToken& token, const std::string& url) {
    if (respect_dnt_ && AsksNotToBeTracked(request)) return;
    service::HitReport report;
    report.token = token;
    report.url = url;
    report.at = clock_.Now();
    report.method = MethodOf(request);
    report.user_agent = HeaderOf(request, "User-Agent");
    report.address = ClientOf(request);
    hits_.Add(std::move(report));
  }

  void Enqueue(Job job) {
    if (workers_.Submit(job)) return;
    job.respond(Response(job.request, Refusal(503)));
  }

  Answer SlowAnswer(const HttpRequest& request) {
    const Target target = TargetOf(request.target);
    if (target.kind == 'c') return StoredRedirect(request, target.token);
    const auto wish =
        tracking::ReadUnsubscribeToken(target.token, service::MacWith(unsubscribe_key_));
    if (!wish) return Refusal(404);
    if (request.method == "POST") return Unsubscribe(request, *wish);
    if (!Reads(request)) return WrongMethod("GET, HEAD, POST");
    return ShowPage(*wish, false);
  }

  Answer StoredRedirect(const HttpRequest& request, std::string_view text) {
    const auto token = tracking::ReadHitToken(text, service::MacWith(hit_key_));
    if (!token) return Refusal(404);
    const auto url = store_.Read([&](store::Connection& connection) {
      return store::HitStore(connection).FindLink(token->message_id, token->url_digest);
    });
    if (!url) return Refusal(503);
    if (!*url) return Refusal(404);  // purged with its message's events
    Note(request, *token, **url);
    return Redirect(**url);
  }

  Answer Unsubscribe(const HttpRequest& request, const tracking::Unsubscribe& wish) {
    service::Unsubscription unsubscription;
    unsubscription.domain_id = wish.domain_id;
    unsubscription.message_id = wish.message_id;
    unsubscription.list_id = wish.list_id;
    unsubscription.address = wish.address;
    unsubscription.reason = "Unsubscribe link";
    unsubscription.client_address = ClientOf(request);
    unsubscription.user_agent = Printable(HeaderOf(request, "User-Agent").substr(0, 500));
    const auto done = store_.Write([&](store::Transaction& transaction) {
      return service::Unsubscribe(transaction, unsubscription, clock_.Now());
    });
    if (!done) {
      log::Warning("not unsubscribed", {{"reason", done.error().public_text}});
      return Refusal(503);
    }
    return ShowPage(wish, true);
  }

  Answer ShowPage(const tracking::Unsubscribe& wish, bool done) {
    const auto sender = store_.Read([&](store::Connection& connection) {
      const auto message = store::MessageStore(connection).Find(wish.message_id);
      if (message) return message->from_header;
      const auto domain = store::DomainStore(connection).FindToSign(wish.domain_id);
      return domain ? domain->name : std::string("the sender");
    });
    if (!sender && !done) return Refusal(503);
    return Page(RenderUnsubscribePage(
        page_, {sender ? *sender : "the sender", PartlyHidden(wish.address), done}));
  }

  store::Store& store_;
  service::HitLog& hits_;
  const Clock& clock_;
  const core::TrustedProxies proxies_;
  const bool respect_dnt_;
  const std::string page_;
  const std::string hit_key_, unsubscribe_key_;
  const bool listens_;
  net::WorkerPool<Job> workers_;
  http_server::Edge edge_;
};

Server::Server(ServerOptions options, store::Store& store, const auth::Vault& vault,
               service::HitLog& hits, const Clock& clock)
    : implementation_(
          std::make_unique<Implementation>(std::move(options), store, vault, hits, clock)) {}
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
Result<void> Server::ReloadTls() {
  return implementation_->ReloadTls();
}
Result<void> Server::IsReady() const {
  return implementation_->IsReady();
}
const std::vector<std::string>& Server::addresses() const {
  return implementation_->addresses();
}

}  // namespace egd::tracking_server
