// A blocking client that sends raw bytes, so that tests can be as wrong as they like. Every wait
// ends after 5 s.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace egd::http_server::test {

class Client {
 public:
  explicit Client(const std::string& address);  // "127.0.0.1:8025" or a Unix path
  ~Client();
  Client(Client&& other) noexcept : socket_(other.socket_), pending_(std::move(other.pending_)) {
    other.socket_ = -1;
  }

  bool Send(std::string_view bytes);  // false when the edge has closed
  void FinishSending();               // half-close

  struct Reply {
    int status = 0;  // 0: the connection ended without one
    std::string head;
    std::string body;
  };
  Reply Read();
  Reply Ask(std::string_view bytes) {
    Send(bytes);
    return Read();
  }
  bool Readable(std::chrono::milliseconds within);  // something came, or the end
  bool AtEnd();                                     // the edge closed without another byte
  std::string ReadToEnd();                          // whatever comes until the edge closes

 private:
  bool Fill();

  int socket_;
  std::string pending_;
};

}  // namespace egd::http_server::test
