// How long each phase of an SMTP dialogue may take. The values are the least that RFC 5321 section
// 4.5.3.2 asks a client to wait; each bounds the whole reply, so one byte a second does not help.
// Content as a whole has a least speed and a longest time, too: a server that reads some bytes now
// and then would keep within the limit of each piece, and hold the message in memory for hours.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace egd::smtp_client {

struct Timeouts {
  std::chrono::milliseconds connect = std::chrono::seconds(30);  // of one address; not in the RFC
  std::chrono::milliseconds banner = std::chrono::minutes(5);
  std::chrono::milliseconds hello = std::chrono::minutes(5);      // as MAIL
  std::chrono::milliseconds start_tls = std::chrono::minutes(2);  // the reply, and the handshake
  std::chrono::milliseconds mail = std::chrono::minutes(5);
  std::chrono::milliseconds rcpt = std::chrono::minutes(5);
  std::chrono::milliseconds data = std::chrono::minutes(2);
  std::chrono::milliseconds block = std::chrono::minutes(3);  // a piece of content
  // Content of n bytes may take `block` and n / least_bytes_a_second, and never more than
  // `content`. A tenth of the slowest modem; 30 MB, the most that large providers take, in an hour.
  int64_t least_bytes_a_second = 4096;
  std::chrono::milliseconds content = std::chrono::hours(1);
  std::chrono::milliseconds end_of_data = std::chrono::minutes(10);
  std::chrono::milliseconds quit = std::chrono::seconds(5);  // nothing depends on it

  void LimitTo(std::chrono::milliseconds longest) {
    for (auto* each : {&connect, &banner, &hello, &start_tls, &mail, &rcpt, &data, &block,
                       &end_of_data, &quit}) {
      *each = std::min(*each, longest);
    }
  }
};

}  // namespace egd::smtp_client
