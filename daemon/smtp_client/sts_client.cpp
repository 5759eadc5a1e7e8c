#include "daemon/smtp_client/sts_client.h"

#include <exception>
#include <utility>

#include <pthread.h>

#include "daemon/http_client/http_url.h"
#include "shared/base/log.h"
#include "shared/base/strings.h"
#include "shared/base/version.h"

namespace egd::smtp_client {
namespace {

constexpr std::chrono::milliseconds kTimeout{20'000};
constexpr std::chrono::milliseconds kLongestWait{1000};
constexpr int kHttpsPort = 443;
constexpr int kOk = 200;
constexpr const char* kTooMany = "Too many policies are being fetched";
constexpr const char* kStopping = "The gateway stops";

bool IsPlainText(const std::string& content_type) {
  return EqualsIgnoreCase(Trim(std::string_view(content_type).substr(0, content_type.find(';'))),
                          "text/plain");
}

Result<std::string> PolicyIn(http_client::HttpReply reply) {
  if (!reply.error.empty()) return Unavailable(reply.error);
  if (reply.status != kOk) return Unavailable(http_client::FailureOf(reply));
  if (!IsPlainText(reply.content_type)) return Unavailable("The policy is not text/plain");
  if (reply.body.size() > mailauth::kMaxStsPolicyBytes)
    return Unavailable("The policy is too long");
  return std::move(reply.body);
}

http_client::OutgoingRequest RequestFor(const http_client::HttpUrl& url,
                                        std::vector<core::IpAddress> addresses) {
  http_client::OutgoingRequest request;
  request.method = http_client::HttpMethod::kGet;
  request.url = url.text;
  request.host = url.host;
  request.port = url.port;
  request.addresses = std::move(addresses);
  request.headers = {"Accept: text/plain", "User-Agent: egd/" + std::string(Version())};
  return request;
}

}  // namespace

http_client::CurlOptions StsTransportOptions(const std::string& ca_file) {
  http_client::CurlOptions options;
  options.timeout = kTimeout;
  options.ca_file = ca_file;
  options.most_body = mailauth::kMaxStsPolicyBytes + 1;  // so that one too long is seen to be
  options.keep_connections = false;                      // a host is asked once a day
  return options;
}

StsClient::StsClient(core::Resolver& resolver, core::AddressGuard guard,
                     std::unique_ptr<http_client::Transport> transport, const Clock& clock,
                     int port)
    : clock_(clock),
      guard_(std::move(guard)),
      transport_(std::move(transport)),
      inbox_(std::make_shared<http_client::Inbox>([this] { transport_->Wake(); })),
      addresses_(resolver, guard_, clock, inbox_),
      port_(port == kHttpsPort ? "" : ":" + std::to_string(port)) {}

StsClient::~StsClient() {
  Interrupt();
  Join();
}

void StsClient::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void StsClient::Interrupt() {
  interrupted_ = true;
  transport_->Wake();
}

void StsClient::Join() {
  if (thread_.joinable()) thread_.join();
  EndAll();
}

void StsClient::Fetch(const std::string& domain, Done done) {
  const Wish wish = {domain, done, clock_.Now()};
  const bool taken = inbox_->Put([this, wish] { Enqueue(wish); });
  if (!taken) done(Unavailable(kStopping));
}

void StsClient::Loop() {
  pthread_setname_np(pthread_self(), "egd-sts");
  while (!interrupted_) {
    try {
      RunOnce(kLongestWait);
    } catch (const std::exception& error) {
      log::Error("fetching policies failed", {{"reason", error.what()}});
    }
  }
  EndAll();
}

void StsClient::RunOnce(std::chrono::milliseconds most) {
  inbox_->Run();
  BeginWaiting();
  transport_->Run(most);
  inbox_->Run();
  BeginWaiting();
}

void StsClient::Enqueue(Wish wish) {
  if (waiting_.size() == kMostWaiting) return wish.done(Unavailable(kTooMany));
  waiting_.push_back(std::move(wish));
}

void StsClient::BeginWaiting() {
  while (!waiting_.empty() && open_.size() < kMostFetches) {
    const Wish wish = std::move(waiting_.front());
    waiting_.pop_front();
    if (clock_.Now() > wish.at + kLongestTurn) {
      wish.done(Unavailable(kTooMany));
    } else {
      Begin(wish.domain, wish.done);
    }
  }
}

void StsClient::Begin(const std::string& domain, Done done) {
  const int64_t fetch = ++last_;
  open_.emplace(fetch, std::move(done));
  const auto url =
      http_client::ParseHttpUrl("https://mta-sts." + domain + port_ + "/.well-known/mta-sts.txt");
  if (!url) return End(fetch, Unavailable("The domain cannot have a policy host"));
  addresses_.Find(
      *url, [this, fetch, url = *url](const Result<http_client::AddressBook::Addresses>& found) {
        Ask(fetch, url, found);
      });
}

void StsClient::Ask(int64_t fetch, const http_client::HttpUrl& url,
                    const Result<http_client::AddressBook::Addresses>& addresses) {
  if (!addresses) return End(fetch, addresses.error());
  transport_->Start(RequestFor(url, *addresses), [this, fetch](http_client::HttpReply reply) {
    End(fetch, PolicyIn(std::move(reply)));
  });
}

void StsClient::End(int64_t fetch, Result<std::string> result) {
  const auto open = open_.extract(fetch);
  if (!open.empty()) open.mapped()(std::move(result));
}

// What waits in the inbox is looked at first, so that nobody is left without an answer.
void StsClient::EndAll() {
  inbox_->Close();
  inbox_->Run();
  for (const Wish& wish : std::exchange(waiting_, {})) wish.done(Unavailable(kStopping));
  while (!open_.empty()) End(open_.begin()->first, Unavailable(kStopping));
}

}  // namespace egd::smtp_client
