#include "daemon/dns/cares_resolver.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <ares.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/core/host_name.h"
#include "daemon/dns/dns_answer.h"
#include "shared/base/guarded.h"
#include "shared/base/log.h"
#include "shared/base/random.h"
#include "shared/base/strings.h"

namespace egd::dns {
namespace {

using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;
using std::chrono::steady_clock;

// The largest answer that crosses the internet unfragmented (DNS flag day 2020); more comes by TCP.
constexpr int kUdpBytes = 1232;
constexpr int kInternet = 1;
// Nearly every server that answers does it sooner, a recursive one's answer from afar included.
constexpr std::chrono::milliseconds kSoon{500};

DnsAnswer TempError(std::string detail) {
  return {DnsStatus::kTempError, {}, {}, std::move(detail)};
}

// c-ares would read a backslash as an escape.
bool IsDnsName(const std::string& name) {
  return !name.empty() && name.size() <= core::kMaxHostNameBytes + 1 && !HasControl(name) &&
         name.find('\\') == std::string::npos;
}

struct Question {
  std::string name;
  DnsType type = DnsType::kA;
  core::Resolver::Callback done;
  steady_clock::time_point since;
  int tries = 0;  // made
  bool refused_edns = false;
};

void Finish(Question& question, DnsAnswer answer) {
  try {
    question.done(std::move(answer));
  } catch (const std::exception& error) {
    log::Error("dns callback failed", {{"name", question.name}, {"reason", error.what()}});
  }
}

struct FreeChannel {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using ChannelPtr = std::unique_ptr<ares_channeldata, FreeChannel>;

// A c-ares channel with the limits that go with it.
struct Channel {
  ChannelPtr handle;
  int tries = 1;
  std::chrono::milliseconds patience{0};  // the longest that one question takes
  bool trusted = false;                   // its servers' AD bit is believed
};

struct Servers {
  int count = 0;
  bool all_on_loopback = true;
};

bool IsLoopback(const ares_addr_port_node& server) {
  constexpr uint32_t kLoopbackNet = 127;
  if (server.family == AF_INET6) return IN6_IS_ADDR_LOOPBACK(&server.addr.addr6) != 0;
  return ntohl(server.addr.addr4.s_addr) >> 24 == kLoopbackNet;
}

Servers ServersOf(ares_channel channel) {
  ares_addr_port_node* first = nullptr;
  if (ares_get_servers_ports(channel, &first) != ARES_SUCCESS) return {1, false};
  Servers servers;
  for (const auto* node = first; node; node = node->next) {
    ++servers.count;
    servers.all_on_loopback = servers.all_on_loopback && IsLoopback(*node);
  }
  ares_free_data(first);
  return {std::max(servers.count, 1), servers.all_on_loopback && servers.count > 0};
}

// What c-ares makes of the response code in ares_query, which cannot ask for the AD bit.
int StatusOf(std::string_view message) {
  constexpr size_t kHeaderBytes = 12;
  if (message.size() < kHeaderBytes) return ARES_EBADRESP;
  const bool is_empty = message[6] == 0 && message[7] == 0;  // its answer section
  switch (message[3] & 0x0f) {
    case 0:
      return is_empty ? ARES_ENODATA : ARES_SUCCESS;
    case 1:
      return ARES_EFORMERR;
    case 2:
      return ARES_ESERVFAIL;
    case 3:
      return ARES_ENOTFOUND;
    case 4:
      return ARES_ENOTIMP;
    case 5:
      return ARES_EREFUSED;
  }
  return ARES_EBADRESP;
}

}  // namespace

// Questions wait in `shared`, which callers fill; everything else belongs to the thread.
struct CaresResolver::Impl {
  struct Shared {
    std::deque<Question> waiting;
    size_t open = 0;                     // asked and not answered
    std::optional<Channel> replacement;  // of Reload
    bool stopped = true;
    bool trusted = false;
  };
  struct Asked {
    steady_clock::time_point at;
    bool late = false;
  };
  // What c-ares hands back with an answer.
  struct InFlight {
    Impl* impl;
    Question question;
    std::list<Asked>::iterator asked;
  };

  Impl() : wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { ares_library_init(ARES_LIB_INIT_ALL); }
  ~Impl() {
    close(wake);
    ares_library_cleanup();
  }

  Result<Channel> MakeChannel(const config::Config::Dns& options);
  void Wake() const;
  void Run();
  void Adopt();
  void Launch();
  void Ask(const std::string& name, int code, InFlight* question);
  void SetLateApart();
  void WaitAndProcess();
  void Close();
  void Answered(InFlight& answered, int status, std::string_view message);
  DnsAnswer Judge(const Question& question, int status, std::string_view message) const;

  static std::string ProblemOf(int status, std::string_view message);
  static void OnSocketState(void* self, ares_socket_t socket, int readable, int writable);
  static void OnAnswer(void* argument, int status, int timeouts, unsigned char* bytes, int size);

  const int wake;
  Guarded<Shared> shared;
  std::thread thread;
  Channel channel;
  std::map<int, short> sockets;      // what c-ares wants polled
  std::list<Asked> in_flight, late;  // the longest asked first; those that count, and the others
  bool edns_refused =
      false;  // by a server of this channel; c-ares then expects none from us either
  bool closing = false;
};

Result<Channel> CaresResolver::Impl::MakeChannel(const config::Config::Dns& options) {
  ares_options settings{};
  settings.flags = ARES_FLAG_EDNS;
  settings.ednspsz = kUdpBytes;
  settings.timeout = options.timeout_ms;
  settings.tries = 1;  // c-ares doubles the time-out of further rounds; ours do not
  settings.sock_state_cb = OnSocketState;
  settings.sock_state_cb_data = this;
  ares_channel handle = nullptr;
  int status = ares_init_options(&handle, &settings,
                                 ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS |
                                     ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) return Internal(std::string("c-ares: ") + ares_strerror(status));
  Channel made{ChannelPtr(handle), options.tries, {}, false};
  const std::string servers = egd::Join(options.servers, ",");
  if (!servers.empty()) status = ares_set_servers_ports_csv(handle, servers.c_str());
  if (status != ARES_SUCCESS) return InvalidArgument("dns.servers: " + servers + " is not usable");
  const Servers used = ServersOf(handle);
  made.patience = std::chrono::milliseconds(options.timeout_ms) * options.tries * used.count;
  made.trusted = options.trusted || used.all_on_loopback;
  return made;
}

void CaresResolver::Impl::Wake() const {
  const uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake, &one, sizeof one);  // full: it wakes anyway
}

void CaresResolver::Impl::OnSocketState(void* self, ares_socket_t socket, int readable,
                                        int writable) {
  auto& sockets = static_cast<Impl*>(self)->sockets;
  if (readable || writable) {
    sockets[socket] = short((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
  } else {
    sockets.erase(socket);
  }
}

void CaresResolver::Impl::OnAnswer(void* argument, int status, int, unsigned char* bytes,
                                   int size) {
  const std::unique_ptr<InFlight> answered(static_cast<InFlight*>(argument));
  const auto* text = reinterpret_cast<const char*>(bytes);
  const std::string_view message(text, bytes ? size_t(size) : 0);
  if (status == ARES_SUCCESS) status = StatusOf(message);
  answered->impl->Answered(*answered, status, message);
}

// A question whose channel was replaced, or whose tries are not used up, goes back to the head of
// the line.
void CaresResolver::Impl::Answered(InFlight& answered, int status, std::string_view message) {
  (answered.asked->late ? late : in_flight).erase(answered.asked);
  shared.With([](Shared& s) { --s.open; });
  Question& question = answered.question;
  // c-ares leaves EDNS away after the first such answer; those to other questions are still coming.
  const bool without_edns = status == ARES_EFORMERR && !std::exchange(question.refused_edns, true);
  if (without_edns) edns_refused = true;
  const bool useless = status == ARES_ETIMEOUT || !ProblemOf(status, message).empty();
  const bool again = !closing && (status == ARES_EDESTRUCTION || without_edns ||
                                  (useless && question.tries < channel.tries));
  if (again) {
    shared.With([&](Shared& s) { s.waiting.push_front(std::move(question)); });
  } else {
    Finish(question, Judge(question, status, message));
  }
}

// Of statuses that c-ares takes from the message; the others speak for themselves.
std::string CaresResolver::Impl::ProblemOf(int status, std::string_view message) {
  const bool is_answer =
      status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND;
  return is_answer ? AnswerProblem(message) : std::string();
}

DnsAnswer CaresResolver::Impl::Judge(const Question& question, int status,
                                     std::string_view message) const {
  if (std::string problem = ProblemOf(status, message); !problem.empty()) {
    return TempError(std::move(problem));
  }
  const bool authenticated = channel.trusted && SaysAuthenticated(message);
  switch (status) {
    case ARES_SUCCESS: {
      DnsAnswer answer = ParseAnswer(message, question.name, question.type);
      answer.authenticated = authenticated;
      return answer;
    }
    case ARES_ENODATA:
      return {DnsStatus::kNoData, {}, {}, {}, authenticated};
    case ARES_ENOTFOUND:
      return {DnsStatus::kNxDomain, {}, {}, {}, authenticated};
    case ARES_EBADNAME:
      return {DnsStatus::kNxDomain, {}, {}, {}};
    case ARES_ETIMEOUT:
      return TempError("no answer in time");
    case ARES_EDESTRUCTION:
      return TempError("shutting down");
  }
  return TempError(ares_strerror(status));
}

void CaresResolver::Impl::Run() {
  pthread_setname_np(pthread_self(), "egd-dns");
  while (!shared.With([](const Shared& s) { return s.stopped; })) {
    Adopt();
    Launch();
    WaitAndProcess();
  }
  Close();
}

void CaresResolver::Impl::Adopt() {
  auto replacement = shared.With([](Shared& s) { return std::exchange(s.replacement, {}); });
  if (!replacement) return;
  channel = std::move(*replacement);  // destroys the old one: see Answered
  edns_refused = false;
}

void CaresResolver::Impl::SetLateApart() {
  const auto soon = steady_clock::now() - kSoon;
  while (!in_flight.empty() && in_flight.front().at <= soon) {
    in_flight.front().late = true;
    late.splice(late.end(), in_flight, in_flight.begin());
  }
}

// Asks while there is room. What has waited for a whole round of tries is not asked any more.
void CaresResolver::Impl::Launch() {
  SetLateApart();
  while (in_flight.size() < kMaxInFlight) {
    auto next = shared.With([](Shared& s) -> std::optional<Question> {
      if (s.waiting.empty()) return std::nullopt;
      Question question = std::move(s.waiting.front());
      s.waiting.pop_front();
      ++s.open;
      return question;
    });
    if (!next) return;
    if (next->tries == 0 && steady_clock::now() - next->since > channel.patience) {
      shared.With([](Shared& s) { --s.open; });
      Finish(*next, TempError("too many DNS questions wait"));
      continue;
    }
    ++next->tries;
    const std::string name = next->name;
    const int code = TypeCode(next->type);
    const auto asked = in_flight.insert(in_flight.end(), Asked{steady_clock::now()});
    // OnAnswer, which always comes, deletes it.
    auto* question = new InFlight{this, std::move(*next), asked};
    Ask(name, code, question);
  }
}

// As ares_query, and that the answer may say whether it was validated (RFC 6840 section 5.7).
void CaresResolver::Impl::Ask(const std::string& name, int code, InFlight* question) {
  constexpr size_t kFlags = 3;
  constexpr unsigned char kAuthenticData = 0x20;
  constexpr int kRecursionDesired = 1;
  const auto id = uint16_t(RandomBelow(65536));
  unsigned char* bytes = nullptr;
  int size = 0;
  const int made = ares_create_query(name.c_str(), kInternet, code, id, kRecursionDesired, &bytes,
                                     &size, edns_refused ? 0 : kUdpBytes);
  if (made != ARES_SUCCESS) return OnAnswer(question, made, 0, nullptr, 0);
  bytes[kFlags] |= kAuthenticData;
  ares_send(channel.handle.get(), bytes, size, OnAnswer, question);
  ares_free_string(bytes);
}

void CaresResolver::Impl::WaitAndProcess() {
  std::vector<pollfd> polled{{wake, POLLIN, 0}};
  for (const auto& [socket, events] : sockets) polled.push_back({socket, events, 0});
  timeval room{};
  const timeval* next = ares_timeout(channel.handle.get(), nullptr, &room);
  int wait = next ? int(next->tv_sec * 1000 + next->tv_usec / 1000 + 1) : -1;
  if (in_flight.size() >= kMaxInFlight) {  // others may go when the first is late
    const auto until_late = std::chrono::ceil<std::chrono::milliseconds>(
        in_flight.front().at + kSoon - steady_clock::now());
    wait = std::min(wait, std::max(0, int(until_late.count())));  // c-ares waits for these
  }
  poll(polled.data(), polled.size(), wait);
  uint64_t count = 0;
  [[maybe_unused]] const auto drained = read(wake, &count, sizeof count);
  for (size_t i = 1; i < polled.size(); ++i) {
    const pollfd& ready = polled[i];
    if (ready.revents == 0) continue;
    const bool readable = (ready.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writable = (ready.revents & POLLOUT) != 0;
    ares_process_fd(channel.handle.get(), readable ? ready.fd : ARES_SOCKET_BAD,
                    writable ? ready.fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel.handle.get(), ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
}

void CaresResolver::Impl::Close() {
  closing = true;
  channel.handle.reset();
  auto waiting = shared.With([](Shared& s) { return std::exchange(s.waiting, {}); });
  for (Question& question : waiting) Finish(question, TempError("shutting down"));
}

CaresResolver::CaresResolver() : impl_(std::make_unique<Impl>()) {}

CaresResolver::~CaresResolver() {
  Interrupt();
  Join();
}

Result<void> CaresResolver::Start(const config::Config::Dns& options) {
  auto channel = impl_->MakeChannel(options);
  if (!channel) return channel.error();
  impl_->channel = std::move(*channel);
  impl_->shared.With([trusted = impl_->channel.trusted](Impl::Shared& s) {
    s.stopped = false;
    s.trusted = trusted;
  });
  impl_->thread = std::thread([impl = impl_.get()] { impl->Run(); });
  return {};
}

Result<void> CaresResolver::Reload(const config::Config::Dns& options) {
  auto channel = impl_->MakeChannel(options);
  if (!channel) return channel.error();
  impl_->shared.With([&](Impl::Shared& s) {
    s.trusted = channel->trusted;
    s.replacement = std::move(*channel);
  });
  impl_->Wake();
  return {};
}

bool CaresResolver::IsTrusted() const {
  return impl_->shared.With([](const Impl::Shared& s) { return s.trusted; });
}

void CaresResolver::Resolve(const std::string& name, DnsType type, Callback done) {
  Question question{name, type, std::move(done), steady_clock::now(), 0};
  if (!IsDnsName(name)) return Finish(question, {DnsStatus::kNxDomain, {}, {}, {}});
  std::string refusal;
  impl_->shared.With([&](Impl::Shared& s) {
    if (s.stopped) {
      refusal = "shutting down";
    } else if (s.open + s.waiting.size() >= kMaxInFlight + kMaxWaiting) {
      refusal = "too many DNS questions wait";
    } else {
      s.waiting.push_back(std::move(question));
    }
  });
  if (!refusal.empty()) return Finish(question, TempError(refusal));
  impl_->Wake();
}

void CaresResolver::Interrupt() {
  impl_->shared.With([](Impl::Shared& s) { s.stopped = true; });
  impl_->Wake();
}

void CaresResolver::Join() {
  if (impl_->thread.joinable()) impl_->thread.join();
}

}  // namespace egd::dns
