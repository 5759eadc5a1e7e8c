#include "daemon/http_client/curl_transport.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <new>
#include <utility>

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/base/strings.h"

namespace egd::http_client {
namespace {

constexpr size_t kMostHeaders = 16 * 1024;
constexpr size_t kMostAddresses = 8;    // of one host
constexpr long kIdleConnections = 512;  // kept for reuse, of all hosts
constexpr long kMostIdleSeconds = 60, kMostLifeSeconds = 300;
constexpr long kReadBuffer = 4096;  // a reply is small; libcurl's own 16 KiB times 2,000 is not

using Easy = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
using TextList = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;

TextList MakeList(const std::vector<std::string>& lines) {
  TextList list(nullptr, curl_slist_free_all);
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

core::IpAddress V4(const in_addr& address) {
  std::array<uint8_t, 16> bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::memcpy(bytes.data() + 12, &address, 4);
  return core::IpAddress(bytes);
}

core::IpAddress V6(const in6_addr& address) {
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &address, 16);
  return core::IpAddress(bytes);
}

std::optional<core::IpAddress> AddressOf(const curl_sockaddr& to) {
  if (to.family == AF_INET) {
    return V4(reinterpret_cast<const sockaddr_in*>(&to.addr)->sin_addr);
  }
  if (to.family == AF_INET6) {
    return V6(reinterpret_cast<const sockaddr_in6*>(&to.addr)->sin6_addr);
  }
  return std::nullopt;
}

// "+host:port:address,[address]" (the plus lets the entry age); nothing for a host that is an
// address itself.
std::vector<std::string> Pins(const OutgoingRequest& request) {
  if (core::IpAddress::Parse(request.host)) return {};
  std::vector<std::string> addresses;
  for (const auto& address : request.addresses) {
    if (addresses.size() == kMostAddresses) break;
    const std::string text = address.ToString();
    addresses.push_back(address.IsV4() ? text : "[" + text + "]");
  }
  return {"+" + request.host + ":" + std::to_string(request.port) + ":" + Join(addresses, ",")};
}

// One request under way.
struct Transfer {
  Transfer(OutgoingRequest request, Transport::Done done, const core::AddressGuard& guard,
           size_t most_body)
      : request(std::move(request)), done(std::move(done)), guard(guard), most_body(most_body) {}

  const OutgoingRequest request;
  const Transport::Done done;
  const core::AddressGuard& guard;
  const size_t most_body;
  Easy easy{curl_easy_init(), curl_easy_cleanup};
  TextList headers{nullptr, curl_slist_free_all};
  TextList pins{nullptr, curl_slist_free_all};
  HttpReply reply;
  size_t header_bytes = 0;
  bool body_cut = false, headers_cut = false, refused = false;
  bool headers_ended = false;  // by their empty line
  char error[CURL_ERROR_SIZE] = "";
  std::list<Transfer>::iterator self;
};

size_t TakeBody(const char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t length = size * count, room = transfer.most_body - transfer.reply.body.size();
  transfer.reply.body.append(data, std::min(length, room));
  if (length <= room) return length;
  transfer.body_cut = true;
  return 0;  // ends the transfer with CURLE_WRITE_ERROR
}

size_t TakeHeader(const char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  transfer.headers_ended = line == "\r\n" || line == "\n";
  transfer.header_bytes += size * count;
  if (transfer.header_bytes <= kMostHeaders) return size * count;
  transfer.headers_cut = true;
  return 0;
}

curl_socket_t OpenSocket(void* user, curlsocktype, curl_sockaddr* to) {
  auto& transfer = *static_cast<Transfer*>(user);
  const auto address = AddressOf(*to);
  if (!address || !transfer.guard.Allows(*address)) {
    transfer.refused = true;
    return CURL_SOCKET_BAD;
  }
  return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

std::string ErrorOf(const Transfer& transfer, CURLcode code) {
  // libcurl takes headers that end with the connection for whole.
  const bool in_headers = transfer.header_bytes > 0 && !transfer.headers_ended;
  if (transfer.body_cut || (code == CURLE_OK && !in_headers)) return "";
  if (transfer.refused) return "The host's address is forbidden";
  if (transfer.headers_cut || (in_headers && code == CURLE_OUT_OF_MEMORY)) {
    return "The reply's headers are too long";
  }
  if (code == CURLE_OK) return "The connection ended in the middle of the reply's headers";
  const std::string text = transfer.error[0] != 0 ? transfer.error : curl_easy_strerror(code);
  return Printable(text);
}

}  // namespace

struct CurlTransport::Impl {
  Impl(CurlOptions options, core::AddressGuard guard)
      : options(std::move(options)), guard(std::move(guard)) {}

  void SetUp(Transfer& transfer) const;
  void Finish(CURL* easy, CURLcode code);

  const CurlOptions options;
  const core::AddressGuard guard;
  const std::unique_ptr<CURLM, decltype(&curl_multi_cleanup)> multi{curl_multi_init(),
                                                                    curl_multi_cleanup};
  std::list<Transfer> transfers;
};

void CurlTransport::Impl::SetUp(Transfer& transfer) const {
  CURL* easy = transfer.easy.get();
  transfer.headers = MakeList(transfer.request.headers);
  transfer.pins = MakeList(Pins(transfer.request));
  curl_easy_setopt(easy, CURLOPT_URL, transfer.request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &transfer);
  if (transfer.request.method == HttpMethod::kPost) {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer.request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, long(transfer.request.body.size()));
  }
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(easy, CURLOPT_RESOLVE, transfer.pins.get());
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, long(options.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, kMostIdleSeconds);
  curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, kMostLifeSeconds);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, options.keep_connections ? 0L : 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kReadBuffer);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, TakeHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, OpenSocket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
}

void CurlTransport::Impl::Finish(CURL* easy, CURLcode code) {
  char* user = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &user);
  Transfer& transfer = *reinterpret_cast<Transfer*>(user);
  HttpReply reply = std::move(transfer.reply);
  long status = 0;
  curl_off_t retry_after = 0, micros = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
  curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &micros);
  const char* content_type = nullptr;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &content_type);
  reply.status = int(status);
  reply.retry_after_s = std::max<int64_t>(0, retry_after);
  reply.latency_ms = micros / 1000;
  if (content_type != nullptr) reply.content_type = content_type;
  reply.error = ErrorOf(transfer, code);
  curl_multi_remove_handle(multi.get(), easy);
  const Done done = transfer.done;
  transfers.erase(transfer.self);
  done(std::move(reply));
}

CurlTransport::CurlTransport(CurlOptions options, core::AddressGuard guard)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(guard))) {
  curl_multi_setopt(impl_->multi.get(), CURLMOPT_MAXCONNECTS, kIdleConnections);
}

CurlTransport::~CurlTransport() {
  for (Transfer& transfer : impl_->transfers) {
    curl_multi_remove_handle(impl_->multi.get(), transfer.easy.get());
  }
}

void CurlTransport::Start(OutgoingRequest request, Done done) {
  auto& transfers = impl_->transfers;
  Transfer& transfer = transfers.emplace_back(std::move(request), std::move(done), impl_->guard,
                                              impl_->options.most_body);
  transfer.self = std::prev(transfers.end());
  impl_->SetUp(transfer);
  curl_multi_add_handle(impl_->multi.get(), transfer.easy.get());
}

void CurlTransport::Run(std::chrono::milliseconds most) {
  CURLM* multi = impl_->multi.get();
  int running = 0;
  curl_multi_perform(multi, &running);
  int left = 0;
  CURLMsg* message = curl_multi_info_read(multi, &left);
  if (message == nullptr) {
    curl_multi_poll(multi, nullptr, 0, int(most.count()), nullptr);
    curl_multi_perform(multi, &running);
    message = curl_multi_info_read(multi, &left);
  }
  for (; message != nullptr; message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) impl_->Finish(message->easy_handle, message->data.result);
  }
}

void CurlTransport::Wake() {
  curl_multi_wakeup(impl_->multi.get());
}

}  // namespace egd::http_client
