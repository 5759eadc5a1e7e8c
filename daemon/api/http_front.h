// httplib's part: a httplib::Server that never opens a socket. It reads a request's head from
// memory, hands the decoded path to the Router, and composes the response message from the Reply.
//
// Routing is ours (pre-routing handler): httplib matches a regular expression a route, and cannot
// say 405. httplib gives its handlers only its own types, so what else belongs to the request in
// hand is a member: one object a thread, not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <variant>

#include <httplib.h>

#include "daemon/api/router.h"
#include "daemon/http_server/edge.h"
#include "daemon/http_server/http_message.h"
#include "shared/base/clock.h"

namespace egd::api {

class HttpFront : private httplib::Server {
 public:
  // Has a text's pieces made on a handlers' thread and given to the responder.
  using MakePieces = std::function<void(MakePiece make, http_server::Responder respond)>;

  // Told of each answer and how long making it took.
  using Answered = std::function<void(int status, std::chrono::nanoseconds took)>;

  HttpFront(
      const Router& router, const Clock& clock, MakePieces make_pieces = {},
      Answered answered = [](int, std::chrono::nanoseconds) {});

  using Instant = std::chrono::steady_clock::time_point;
  // Answers, and writes the line of the access log.
  http_server::HttpResponse Answer(const http_server::HttpRequest& request,
                                   Instant received_at = std::chrono::steady_clock::now());
  // The same, but what waits for other people's servers is left to Answer on another thread, and,
  // without `may_be_large`, what makes a large reply to another call.
  std::variant<http_server::HttpResponse, Need> AnswerAtOnce(
      const http_server::HttpRequest& request, Instant received_at, bool may_be_large);
  // The same for what never became a request, or finds no thread to handle it.
  http_server::HttpResponse Refuse(int status, const std::string& peer_address);
  http_server::HttpResponse Refuse(int status, const http_server::HttpRequest& request);
  // Before the body is read, when the head has a key: a refusal, or an empty message for a caller who
  // is known.
  http_server::HttpResponse Admit(const http_server::HttpRequest& head);

 private:
  struct Exchange;

  http_server::HttpResponse Compose(Exchange& exchange);
  void FillIn(const httplib::Request& request, httplib::Response& response);
  Reply ReplyTo(Exchange& exchange) const;
  void Finish(httplib::Response& response) const;

  const Router& router_;
  const Clock& clock_;
  const MakePieces make_pieces_;
  const Answered answered_;
  Exchange* exchange_ = nullptr;  // while Compose runs
};

}  // namespace egd::api
