#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/doctor/gather.h"
#include "cli/session.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kTimeout(10);

// The process that listens at the socket, or the errno of why that cannot be said.
struct Peer {
  pid_t pid = 0;
  int error = 0;
};
Peer PeerAt(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return {.error = errno};
  Peer peer;
  ucred credentials{};
  socklen_t size = sizeof credentials;
  const bool ok = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                  ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0;
  if (!ok) peer.error = errno;
  peer.pid = credentials.pid;
  ::close(socket);
  return peer;
}

// proc_pid_limits(5): "Max open files            1024                 524288               files"
Fact<uint64_t> OpenFilesOf(pid_t pid) {
  constexpr std::string_view kKey = "Max open files";
  std::ifstream limits("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(limits, line);) {
    if (!line.starts_with(kKey)) continue;
    std::string soft;
    std::istringstream(line.substr(kKey.size())) >> soft;
    if (soft == "unlimited") return Known(UINT64_MAX);
    if (const auto number = ParseInteger(soft)) return Known(uint64_t(*number));
  }
  return {.why_not = "the limits of egd's process cannot be read"};
}

void AskForStatus(const Console& console, const Words& words, Facts& facts) {
  auto session = Session::Open(console, words);
  if (!session) {
    facts.daemon_away = false;
    facts.status.why_not = session.error().public_text;
    return;
  }
  if (!words.Has("--timeout")) session->SetTimeout(kTimeout);
  auto answer = session->Ask(*catalogue::Find("status"), Json::object());
  facts.daemon_away = !answer;
  if (!answer) {
    facts.status.why_not = answer.error().public_text;
  } else if (!answer->refusals.empty()) {
    facts.status.why_not = "egd refuses to say: " + answer->refusals.front().text;
  } else {
    facts.status = Known(std::move(answer->body));
  }
}

std::string AddressOf(const std::string& hex) {
  const size_t colon = hex.find(':');
  if (colon != 8 && colon != 32) return {};
  std::array<uint32_t, 4> words{};
  for (size_t i = 0; i < colon / 8; ++i) {
    words[i] = uint32_t(std::stoul(hex.substr(8 * i, 8), nullptr, 16));  // as the kernel holds it
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(colon == 8 ? AF_INET : AF_INET6, words.data(), text.data(), text.size());
  const std::string port = std::to_string(std::stoul(hex.substr(colon + 1), nullptr, 16));
  return colon == 8 ? std::string(text.data()) + ":" + port
                    : "[" + std::string(text.data()) + "]:" + port;
}

// The name of the program that has the socket; egd before others, to which a supervisor hands over
// its own. Empty when it cannot be seen.
std::string ProgramWith(const std::string& inode) {
  std::string found;
  const std::string wanted = "socket:[" + inode + "]";
  std::error_code ignored;
  for (auto it = fs::directory_iterator("/proc", ignored);
       !ignored && it != fs::directory_iterator(); it.increment(ignored)) {
    if (!ParseInteger(it->path().filename().string())) continue;
    std::error_code denied;
    for (auto fd = fs::directory_iterator(it->path() / "fd", denied);
         !denied && fd != fs::directory_iterator(); fd.increment(denied)) {
      std::error_code gone;
      if (fs::read_symlink(fd->path(), gone) != wanted) continue;
      std::string name;
      std::ifstream comm(it->path() / "comm");
      std::getline(comm, name);
      if (name == "egd") return name;
      if (found.empty()) found = Printable(name);
    }
  }
  return found;
}

std::string TextOf(const char* path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

Fact<int> AskTlsCheck(const config::Config& config) {
  std::string address = config.http.listen.front();
  if (address.starts_with("0.0.0.0:")) address.replace(0, 7, "127.0.0.1");
  if (address.starts_with("[::]:")) address.replace(0, 4, "[::1]");
  httplib::Client client((config.http.tls_certificate.empty() ? "http://" : "https://") + address);
  client.enable_server_certificate_verification(false);  // our own listener, by its address
  client.set_connection_timeout(kTimeout);
  client.set_read_timeout(kTimeout);
  const auto reply = client.Get("/internal/tls-check?domain=" + config.gateway.tracking_host);
  if (!reply) return {.why_not = address + ": " + httplib::to_string(reply.error())};
  return Known(reply->status);
}

}  // namespace

std::vector<ListeningSocket> ListeningSockets(const std::string& table) {
  constexpr size_t kLocal = 1, kState = 3, kInode = 9;
  std::vector<ListeningSocket> sockets;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string word; words >> word;) fields.push_back(word);
    if (fields.size() <= kInode || fields[kState] != "0A") continue;
    const std::string address = AddressOf(fields[kLocal]);
    if (!address.empty()) sockets.push_back({address, fields[kInode]});
  }
  return sockets;
}

bool Collides(const std::string& found, const std::string& wanted) {
  const auto port = [](const std::string& text) { return text.substr(text.rfind(':')); };
  const auto any = [](const std::string& text) {
    return text.starts_with("0.0.0.0:") || text.starts_with("[::]:");
  };
  return found == wanted || (port(found) == port(wanted) && (any(found) || any(wanted)));
}

void GatherListeners(Facts& facts) {
  const auto& config = facts.loaded.config;
  const std::string tables = TextOf("/proc/net/tcp") + TextOf("/proc/net/tcp6");
  const auto sockets = ListeningSockets(tables);
  const auto add = [&](const char* option, const std::vector<std::string>& addresses) {
    for (const std::string& address : addresses) {
      ListenerFacts one{.option = option, .address = address};
      one.taken.why_not = "/proc/net/tcp cannot be read";
      if (!tables.empty()) one.taken = Known(false);
      for (const ListeningSocket& socket : sockets) {
        if (!Collides(socket.address, address)) continue;
        one.taken = Known(true);
        const std::string program = ProgramWith(socket.inode);
        if (one.program.empty() || one.program == "egd") one.program = program;
      }
      facts.listeners.push_back(std::move(one));
    }
  };
  add("http.listen", config.http.listen);
  add("smtp.listen", config.smtp.listen);
  add("smtp.listen_tls", config.smtp.listen_tls);
  add("tracking.listen", config.tracking.listen);
  add("metrics.listen", config.metrics.listen);
}

void GatherDaemon(const Console& console, const Words& words, Facts& facts) {
  const auto& config = facts.loaded.config;
  Words asking = words;
  const bool named =
      words.Has("--url") || words.Has("--profile") || console.environment.contains("EGCTL_URL");
  const bool by_socket = facts.loaded.problems.empty() && !config.http.unix_socket.empty();
  if (!named && by_socket) asking.options["--url"] = {"unix:" + config.http.unix_socket};
  facts.open_files.why_not = "egd's process cannot be found";
  const Peer peer = by_socket ? PeerAt(config.http.unix_socket) : Peer{.error = ENOENT};
  if (peer.error == 0) facts.open_files = OpenFilesOf(peer.pid);
  if (!named && !facts.loaded.problems.empty()) {
    facts.daemon_away = false;
    facts.status.why_not = "the configuration does not say where egd is";
  } else if (!named && by_socket && peer.error == EACCES) {
    facts.daemon_away = false;
    facts.status.why_not = "no permission to use " + config.http.unix_socket;
  } else {
    AskForStatus(console, asking, facts);
  }
  if (facts.loaded.problems.empty() && !config.tracking.listen.empty() &&
      !config.http.listen.empty()) {
    facts.tls_check_status = AskTlsCheck(config);
  }
}

}  // namespace egd::cli
