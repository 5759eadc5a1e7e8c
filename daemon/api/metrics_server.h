// GET /metrics on listeners of its own, for Prometheus: apart from the API, so that a scrape needs
// no key and an operator can bind it to where only the monitoring looks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shared/base/result.h"

namespace egd::api {

// Owned by Daemon; all methods are for its thread.
class MetricsServer {
 public:
  // `render` makes the text; it runs on a thread of the server's own and may wait for the store.
  MetricsServer(std::vector<std::string> listen, std::function<std::string()> render);
  ~MetricsServer();

  Result<void> Start();  // fails, in plain words, when it cannot listen
  void Interrupt();
  void Join();
  const std::vector<std::string>& addresses() const;  // after Start, with real port numbers

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace egd::api
