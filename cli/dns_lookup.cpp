#include "cli/dns_lookup.h"

#include <array>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include "shared/base/encoding.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr size_t kMostBytes = 65536;
constexpr int kSeconds = 2, kTries = 2;  // of one question: a person waits

std::string AddressText(int family, const unsigned char* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(family, bytes, text.data(), text.size()) ? text.data() : "";
}

std::string NameAt(const ns_msg& message, const unsigned char* at) {
  std::array<char, NS_MAXDNAME> name{};
  if (ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), at, name.data(), name.size()) <
      0) {
    return {};
  }
  return Lower(name.data());
}

std::string Joined(const unsigned char* data, size_t size) {
  std::string text;
  for (size_t at = 0; at < size;) {
    const size_t length = std::min<size_t>(data[at], size - at - 1);
    text.append(reinterpret_cast<const char*>(data) + at + 1, length);
    at += 1 + length;
  }
  return text;
}

std::string ValueOf(const ns_msg& message, const ns_rr& record, DnsType type) {
  const unsigned char* data = ns_rr_rdata(record);
  const size_t size = ns_rr_rdlen(record);
  switch (type) {
    case DnsType::kA:
      return size == 4 ? AddressText(AF_INET, data) : "";
    case DnsType::kAaaa:
      return size == 16 ? AddressText(AF_INET6, data) : "";
    case DnsType::kNs:
    case DnsType::kCname:
    case DnsType::kPtr:
      return NameAt(message, data);
    case DnsType::kMx:
      return size > 2 ? NameAt(message, data + 2) : "";
    case DnsType::kTxt:
      return Joined(data, size);
  }
  return {};
}

}  // namespace

Result<DnsReply> DnsReplyOf(std::string_view text, DnsType type) {
  ns_msg message;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (ns_initparse(bytes, int(text.size()), &message) != 0) {
    return Unavailable("malformed DNS answer");
  }
  DnsReply reply;
  reply.validated = ns_msg_getflag(message, ns_f_ad) == 1;
  for (const ns_sect section : {ns_s_an, ns_s_ar}) {
    for (int i = 0; i < int(ns_msg_count(message, section)); ++i) {
      ns_rr record;
      if (ns_parserr(&message, section, i, &record) != 0) {
        return Unavailable("malformed DNS answer");
      }
      if (section == ns_s_ar) {
        if (ns_rr_type(record) == ns_t_opt) reply.edns = true;
      } else if (int(ns_rr_type(record)) == int(type)) {
        std::string value = ValueOf(message, record, type);
        if (value.empty()) continue;
        const uint32_t ttl = ns_rr_ttl(record);
        reply.ttl = reply.values.empty() ? ttl : std::min(reply.ttl, ttl);
        reply.values.push_back(std::move(value));
      }
    }
  }
  return reply;
}

Result<DnsReply> LookUp(const NameServer& server, const std::string& name, DnsType type) {
  struct __res_state state {};
  if (res_ninit(&state) != 0) return Unavailable("the resolver of this machine does not start");
  AskOnly(server, state);
  state.retrans = kSeconds;
  state.retry = kTries;
  state.options |= RES_USE_EDNS0 | RES_USE_DNSSEC | RES_TRUSTAD;
  std::string answer(kMostBytes, '\0');
  const int size = res_nquery(&state, name.c_str(), ns_c_in, int(type),
                              reinterpret_cast<unsigned char*>(answer.data()), int(answer.size()));
  const int problem = state.res_h_errno;
  res_nclose(&state);
  if (size < 0) {
    if (problem == HOST_NOT_FOUND || problem == NO_DATA) return DnsReply();
    return Unavailable("the DNS does not answer for " + name);
  }
  return DnsReplyOf(std::string_view(answer).substr(0, size_t(size)), type);
}

std::string ReversedAddress(const std::string& address) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::string reversed;
  if (inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    for (int i = 3; i >= 0; --i) {
      reversed += (reversed.empty() ? "" : ".") + std::to_string(bytes[size_t(i)]);
    }
  } else if (inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) {
    constexpr char kDigits[] = "0123456789abcdef";
    for (int i = 15; i >= 0; --i) {
      if (!reversed.empty()) reversed += '.';
      reversed += kDigits[bytes[size_t(i)] & 15];
      reversed += '.';
      reversed += kDigits[bytes[size_t(i)] >> 4];
    }
  }
  return reversed;
}

std::string PtrName(const std::string& address) {
  const std::string reversed = ReversedAddress(address);
  if (reversed.empty()) return {};
  return reversed + (address.find(':') == address.npos ? ".in-addr.arpa" : ".ip6.arpa");
}

std::vector<std::string> SystemNameServers(std::string_view resolv_conf) {
  std::vector<std::string> servers;
  for (std::string_view line : Split(resolv_conf, '\n')) {
    constexpr std::string_view kKey = "nameserver";
    line = Trim(line);
    if (!line.starts_with(kKey) || line.size() <= kKey.size()) continue;
    const std::string address(Trim(line.substr(kKey.size())));
    if (ParseNameServer(address)) servers.push_back(address);
  }
  if (servers.empty()) servers.push_back("127.0.0.1");
  return servers;
}

}  // namespace egd::cli
