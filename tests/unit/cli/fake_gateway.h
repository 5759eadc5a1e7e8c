// A gateway in this process on a Unix socket, and egctl run against it.
#pragma once

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>
#include <httplib.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include "cli/run.h"
#include "shared/catalogue/command.h"
#include "tests/unit/cli/fake_input.h"
#include "tests/unit/cli/fake_pause.h"

namespace egd::cli {

using Json = nlohmann::ordered_json;

// `given` with what it lacks of `example`: a test writes down only what it is about.
inline Json Completed(Json given, const Json& example) {
  if (given.is_object() && example.is_object()) {
    for (const auto& [key, value] : example.items()) {
      given[key] = given.contains(key) ? Completed(given[key], value) : value;
    }
  } else if (given.is_array() && example.is_array() && !example.empty()) {
    for (Json& element : given) element = Completed(element, example[0]);
  }
  return given;
}

// A success with all that the Command declares; anything else as it is.
inline std::string WholeReply(const std::string& command, const std::string& reply) {
  const Json given = Json::parse(reply, nullptr, false);
  if (!given.is_object() || given.empty() || given.contains("Errors")) return reply;
  if (given.value("Success", Json(true)) != true) return reply;
  const Json example = Json::parse(catalogue::Find(command)->example_reply, nullptr, false);
  return example.is_object() ? Completed(given, example).dump() : reply;
}

// Answers each Command with the reply set for it, and keeps what it was asked.
class FakeGateway {
 public:
  FakeGateway() {
    char pattern[] = "/tmp/egctl-run-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    server_.set_address_family(AF_UNIX);
    server_.Post("/api.php", [this](const httplib::Request& request, httplib::Response& response) {
      requests.push_back(request);
      const std::string command = Json::parse(request.body)["Command"];
      auto& queue = queues[command];
      if (!queue.empty()) {
        replies[command] = queue.front();
        queue.erase(queue.begin());
      }
      response.status = status;
      response.set_header("X-Request-ID", "req-1");
      const std::string reply = replies.count(command) ? replies[command] : "{}";
      response.set_content(completes ? WholeReply(command, reply) : reply, type);
    });
    REQUIRE(server_.bind_to_port(Socket(), 80));
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~FakeGateway() {
    server_.stop();
    thread_.join();
    std::filesystem::remove_all(directory_);
  }

  std::string Socket() const { return directory_ + "/s"; }
  std::string Directory() const { return directory_; }
  Json Body(size_t i) const { return Json::parse(requests.at(i).body); }

  std::map<std::string, std::string> replies;
  // Replies that come before, one after another.
  std::map<std::string, std::vector<std::string>> queues;
  int status = 200;
  bool completes = true;  // replies get what their Command declares and they lack
  const char* type = "application/json";
  std::vector<httplib::Request> requests;  // read after the call has returned

 private:
  httplib::Server server_;
  std::string directory_;
  std::thread thread_;
};

struct Outcome {
  int status;
  std::string out, err;
};

inline Outcome Egctl(const std::vector<std::string>& arguments,
                     config::Environment environment = {}, bool terminal = false,
                     FakeInput input = {}, FakePause pause = {}) {
  std::ostringstream out, err;
  Console console{arguments, std::move(environment), input, pause, out, err, terminal, false};
  const int status = Run(console);
  return {status, out.str(), err.str()};
}

inline config::Environment At(const FakeGateway& gateway) {
  return {{"EGCTL_URL", "unix:" + gateway.Socket()}, {"XDG_CONFIG_HOME", gateway.Directory()}};
}

}  // namespace egd::cli
