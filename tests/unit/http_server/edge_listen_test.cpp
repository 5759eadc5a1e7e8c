// Where the edge listens: addresses, Unix sockets, threads.
#include <filesystem>
#include <fstream>
#include <optional>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/http_server/edge_fixture.h"

namespace egd::http_server {

using namespace test;

namespace {

std::filesystem::path TemporaryDirectory() {
  std::string name = "/tmp/egd-net-XXXXXX";
  REQUIRE(::mkdtemp(name.data()) != nullptr);
  return name;
}

}  // namespace

TEST_CASE("a Unix socket tells its peer's uid") {
  const auto directory = TemporaryDirectory();
  EdgeOptions options;
  options.unix_socket = directory / "deep/er/egd.sock";
  std::optional<uid_t> uid;
  {
    TestEdge edge(options, [&](HttpRequest request, Responder respond) {
      uid = request.peer_uid;
      Echo(std::move(request), std::move(respond));
    });
    struct stat status {};
    REQUIRE(::stat(options.unix_socket.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0666);
    CHECK(edge.Connect().Ask(Get("/")).body == "GET / @unix");
    CHECK(uid == ::getuid());
  }
  CHECK_FALSE(std::filesystem::exists(options.unix_socket));
  std::filesystem::remove_all(directory);
}

TEST_CASE("a stale Unix socket is replaced, a live one and a plain file are not") {
  const auto directory = TemporaryDirectory();
  EdgeOptions options;
  options.unix_socket = directory / "egd.sock";
  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  options.unix_socket.copy(address.sun_path, sizeof(address.sun_path) - 1);
  REQUIRE(::bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  ::close(stale);

  TestEdge edge(options);
  CHECK(edge.Connect().Ask(Get("/")).status == 200);

  Edge second(options, Echo, Refusal);
  const auto refused = second.Start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().public_text ==
        "cannot listen on " + options.unix_socket + ": another process is listening there");
  CHECK(edge.Connect().Ask(Get("/")).status == 200);

  options.unix_socket = directory / "file";
  std::ofstream(options.unix_socket) << "precious";
  Edge third(options, Echo, Refusal);
  const auto in_the_way = third.Start();
  REQUIRE_FALSE(in_the_way);
  CHECK(in_the_way.error().public_text.find("not a socket") != std::string::npos);
  CHECK(std::filesystem::file_size(options.unix_socket) == 8);
  std::filesystem::remove_all(directory);
}

TEST_CASE("an address that cannot be listened on is named") {
  TestEdge edge;
  for (const std::string& address :
       {edge.edge.addresses().front(), std::string("127.0.0.1"), std::string("nonsense:80"),
        std::string("127.0.0.1:99999"), std::string("::1:80")}) {
    CAPTURE(address);
    EdgeOptions options;
    options.listen = {address};
    Edge other(options, Echo, Refusal);
    const auto started = other.Start();
    REQUIRE_FALSE(started);
    CHECK(started.error().public_text.find("cannot listen on " + address + ": ") == 0);
  }
}

TEST_CASE("several io threads share the connections") {
  EdgeOptions options = Loopback();
  options.threads = 3;
  TestEdge edge(options);
  std::vector<Client> clients;
  for (int i = 0; i < 9; ++i) clients.push_back(edge.Connect());
  for (auto& client : clients) CHECK(client.Ask(Get("/")).status == 200);
}

}  // namespace egd::http_server
