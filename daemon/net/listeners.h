// The listening sockets of one server, and accepting from them. Out of descriptors, accept fails at
// once, again and again: it pauses then, and leaves the processor to those who may close some.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include <sys/types.h>

#include "daemon/net/listener.h"
#include "daemon/net/spawn.h"

namespace egd::net {

// From Accept on only for the executor's thread, but for addresses(), which does not change then.
class Listeners {
 public:
  // Where the next connection goes: its executor, and who takes it, on the listeners' thread.
  struct Target {
    Executor executor;
    std::function<void(Socket)> take;
  };
  using Choose = std::function<Target()>;

  // `what` is accepted, for the log: "SMTP connections".
  Listeners(Executor executor, std::string what);

  // "ip:port" or a Unix path; errors as in listener.h.
  Result<void> OpenTcp(const std::string& address, Choose choose);
  Result<void> OpenUnix(const std::string& path, Choose choose);

  void Accept();  // until Close
  // Removes the Unix paths too, where no successor has put its socket.
  void Close();

  // Real port numbers, in the order of opening.
  const std::vector<std::string>& addresses() const { return addresses_; }

 private:
  struct Listener {
    Acceptor acceptor;
    Timer pause;
    Choose choose;
    std::string unix_path;  // empty: TCP
    ino_t inode = 0;        // of that path
  };

  void Add(Acceptor acceptor, Choose choose);
  void Accept(Listener& listener);
  void PauseAccepting(Listener& listener, const std::string& why);

  const Executor executor_;
  const std::string what_;
  std::list<Listener> listeners_;
  std::vector<std::string> addresses_;
};

}  // namespace egd::net
