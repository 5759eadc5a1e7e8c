#include "cli/txt_lookup.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr size_t kHeader = 12, kMostBytes = 65536;
constexpr int kTxt = 16, kInternet = 1;

// Reads a message from front to back; every read is checked.
class Reader {
 public:
  explicit Reader(std::string_view message) : message_(message), at_(kHeader) {}

  std::optional<int> Number() {
    if (message_.size() < at_ + 2) return std::nullopt;
    const int number = uint8_t(message_[at_]) << 8 | uint8_t(message_[at_ + 1]);
    at_ += 2;
    return number;
  }
  bool SkipName() {
    const auto* start = reinterpret_cast<const unsigned char*>(message_.data());
    if (at_ > message_.size()) return false;
    const int size = dn_skipname(start + at_, start + message_.size());
    if (size < 0) return false;
    at_ += size_t(size);
    return true;
  }
  bool Skip(size_t bytes) {
    at_ += bytes;
    return at_ <= message_.size();
  }
  std::optional<std::string_view> Take(size_t bytes) {
    if (message_.size() - at_ < bytes) return std::nullopt;
    at_ += bytes;
    return message_.substr(at_ - bytes, bytes);
  }

 private:
  std::string_view message_;
  size_t at_;
};

int CountAt(std::string_view message, size_t at) {
  return uint8_t(message[at]) << 8 | uint8_t(message[at + 1]);
}

// The strings of one record's data, joined.
std::string Joined(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const size_t size = std::min<size_t>(uint8_t(data[0]), data.size() - 1);
    text += data.substr(1, size);
    data.remove_prefix(1 + size);
  }
  return text;
}

}  // namespace

// glibc's resolver takes an IPv6 server from its extension, where the address in the list has no
// family, and frees it in res_nclose.
void AskOnly(const NameServer& server, struct __res_state& state) {
  state.nscount = 1;
  state.nsaddr_list[0] = {};
  if (server.address.size() == sizeof(in_addr)) {
    state.nsaddr_list[0].sin_family = AF_INET;
    state.nsaddr_list[0].sin_port = htons(server.port);
    std::memcpy(&state.nsaddr_list[0].sin_addr, server.address.data(), sizeof(in_addr));
    return;
  }
  auto& extension = state._u._ext;
  if (extension.nsaddrs[0] == nullptr) {
    extension.nsaddrs[0] = static_cast<sockaddr_in6*>(std::calloc(1, sizeof(sockaddr_in6)));
    if (extension.nsaddrs[0] == nullptr) throw std::bad_alloc();
  }
  *extension.nsaddrs[0] = {};
  extension.nsaddrs[0]->sin6_family = AF_INET6;
  extension.nsaddrs[0]->sin6_port = htons(server.port);
  std::memcpy(&extension.nsaddrs[0]->sin6_addr, server.address.data(), sizeof(in6_addr));
  extension.nscount = 0;  // the resolver makes its own sockets
}

std::optional<NameServer> ParseNameServer(std::string_view text) {
  NameServer server;
  std::string_view host = text, port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == text.npos) return std::nullopt;
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return std::nullopt;
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    host = text.substr(0, text.find(':'));
    port = text.substr(text.find(':'));
  }
  if (!port.empty()) {
    const auto number = ParseInteger(port.substr(1));
    if (!number || *number < 1 || *number > 65535) return std::nullopt;
    server.port = uint16_t(*number);
  }
  const int family = host.find(':') == host.npos ? AF_INET : AF_INET6;
  if (family == AF_INET && text.starts_with('[')) return std::nullopt;
  std::array<char, sizeof(in6_addr)> address{};
  if (inet_pton(family, std::string(host).c_str(), address.data()) != 1) return std::nullopt;
  server.address.assign(address.data(), family == AF_INET ? sizeof(in_addr) : sizeof(in6_addr));
  return server;
}

std::optional<std::vector<std::string>> TxtValuesOf(std::string_view message) {
  if (message.size() < kHeader) return std::nullopt;
  Reader reader(message);
  for (int i = CountAt(message, 4); i > 0; --i) {
    if (!reader.SkipName() || !reader.Skip(4)) return std::nullopt;
  }
  std::vector<std::string> values;
  for (int i = CountAt(message, 6); i > 0; --i) {
    if (!reader.SkipName()) return std::nullopt;
    const auto type = reader.Number(), record_class = reader.Number();
    if (!type || !record_class || !reader.Skip(4)) return std::nullopt;
    const auto size = reader.Number();
    const auto data = size ? reader.Take(size_t(*size)) : std::nullopt;
    if (!data) return std::nullopt;
    if (*type == kTxt && *record_class == kInternet) values.push_back(Joined(*data));
  }
  return values;
}

Result<std::vector<std::string>> LookUpTxt(const std::string& name,
                                           const std::optional<NameServer>& server) {
  struct __res_state state {};
  if (res_ninit(&state) != 0) return Unavailable("the resolver of this machine does not start");
  if (server) AskOnly(*server, state);
  std::string answer(kMostBytes, '\0');
  const int size = res_nquery(&state, name.c_str(), kInternet, kTxt,
                              reinterpret_cast<unsigned char*>(answer.data()), int(answer.size()));
  const int problem = state.res_h_errno;
  res_nclose(&state);
  if (size < 0) {
    if (problem == HOST_NOT_FOUND || problem == NO_DATA) return std::vector<std::string>();
    return Unavailable("the DNS does not answer for " + name);
  }
  auto values = TxtValuesOf(std::string_view(answer).substr(0, size_t(size)));
  if (!values) return Unavailable("malformed DNS answer for " + name);
  return *std::move(values);
}

}  // namespace egd::cli
