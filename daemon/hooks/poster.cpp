#include "daemon/hooks/poster.h"

#include <utility>

#include "shared/base/version.h"

namespace egd::hooks {
namespace {

http_client::HttpReply NotMade(std::string why) {
  http_client::HttpReply reply;
  reply.error = std::move(why);
  return reply;
}

http_client::OutgoingRequest RequestOf(core::WebhookPost post, const http_client::HttpUrl& url,
                                       std::vector<core::IpAddress> addresses) {
  http_client::OutgoingRequest request;
  request.url = url.text;
  request.host = url.host;
  request.port = url.port;
  request.addresses = std::move(addresses);
  request.headers = {"Content-Type: application/json",
                     "User-Agent: egd/" + std::string(Version()),
                     "webhook-id: " + post.id,
                     "webhook-timestamp: " + post.timestamp,
                     "webhook-signature: " + post.signature,
                     "Accept:",   // libcurl's own, of no use here
                     "Expect:"};  // no wait for 100 Continue
  request.body = std::move(post.body);
  return request;
}

}  // namespace

void Poster::Post(core::WebhookPost post, http_client::Transport::Done done) {
  const auto url = http_client::ParseHttpUrl(post.url);
  if (!url) return done(NotMade("The URL is not an http or https URL"));
  addresses_.Find(*url, [this, url = *url, post = std::move(post), done = std::move(done)](
                            const Result<http_client::AddressBook::Addresses>& found) {
    if (!found) return done(NotMade(found.error().public_text));
    transport_.Start(RequestOf(post, url, *found), done);
  });
}

}  // namespace egd::hooks
