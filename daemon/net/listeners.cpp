#include "daemon/net/listeners.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "daemon/net/inherited.h"
#include "shared/base/log.h"

namespace egd::net {
namespace {

using ErrorCode = boost::system::error_code;

constexpr std::chrono::milliseconds kAcceptPause{100};

ino_t InodeOf(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 ? status.st_ino : 0;
}

}  // namespace

Listeners::Listeners(Executor executor, std::string what)
    : executor_(std::move(executor)), what_(std::move(what)) {}

Result<void> Listeners::OpenTcp(const std::string& address, Choose choose) {
  auto acceptor = ListenTcp(executor_, address);
  if (!acceptor) return acceptor.error();
  Add(*std::move(acceptor), std::move(choose));
  return {};
}

Result<void> Listeners::OpenUnix(const std::string& path, Choose choose) {
  auto acceptor = ListenUnix(executor_, path);
  if (!acceptor) return acceptor.error();
  Add(*std::move(acceptor), std::move(choose));
  if (std::ranges::count(InheritedAddresses(), path) > 0) return {};  // not ours to remove
  listeners_.back().unix_path = path;
  listeners_.back().inode = InodeOf(path);
  return {};
}

void Listeners::Add(Acceptor acceptor, Choose choose) {
  addresses_.push_back(LocalAddress(acceptor));
  listeners_.push_back({std::move(acceptor), Timer(executor_), std::move(choose), {}, 0});
}

void Listeners::Accept() {
  for (Listener& listener : listeners_) Accept(listener);
}

void Listeners::Accept(Listener& listener) {
  Target target = listener.choose();
  listener.acceptor.async_accept(target.executor, [this, &listener, take = std::move(target.take)](
                                                      ErrorCode error, Socket socket) {
    if (!listener.acceptor.is_open()) return;
    if (error) return PauseAccepting(listener, error.message());
    take(std::move(socket));
    Accept(listener);
  });
}

void Listeners::PauseAccepting(Listener& listener, const std::string& why) {
  log::Warning("cannot accept " + what_, {{"why", why}});
  listener.pause.expires_after(kAcceptPause);
  listener.pause.async_wait([this, &listener](ErrorCode error) {
    if (!error && listener.acceptor.is_open()) Accept(listener);
  });
}

void Listeners::Close() {
  for (Listener& listener : listeners_) {
    ErrorCode ignored;
    listener.acceptor.close(ignored);
    listener.pause.cancel();
    const std::string& path = listener.unix_path;
    if (!path.empty() && InodeOf(path) == listener.inode) ::unlink(path.c_str());
  }
}

}  // namespace egd::net
