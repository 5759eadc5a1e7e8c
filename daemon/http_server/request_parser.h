// Reads the head of one HTTP/1.1 request (RFC 9112): what is asked, and how its body is framed.
//
// Boost.Beast's parser does the grammar: it refuses differing Content-Lengths, Content-Length with
// Transfer-Encoding, signs and spaces in numbers, bare LF and control characters.
// Refused here because it would let them pass, and two readers that disagree on where a request
// ends make request smuggling: obs-fold, any Transfer-Encoding but "chunked", Transfer-Encoding in
// HTTP/1.0, repeated or listed Content-Length, none or several Host fields. Not thread-safe; one
// object a request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/beast/http/basic_parser.hpp>

#include "daemon/http_server/http_message.h"

namespace egd::http_server {

// How far `data` reaches into a header block. Leading empty lines (RFC 9112 section 2.2) are part
// of it.
struct HeadScan {
  enum class State { kIncomplete, kComplete, kMalformed };
  State state = State::kIncomplete;
  size_t size = 0;  // of the block with its empty line, when complete
};
// `checked` remembers how much earlier calls have seen; start it at 0.
HeadScan ScanHead(std::string_view data, size_t& checked);

class RequestParser : private boost::beast::http::basic_parser<true> {
 public:
  struct Limits {
    size_t headers;
    uint64_t body_bytes;
  };
  explicit RequestParser(const Limits& limits);

  // `head` is a complete block as ScanHead found it. Returns 0, or the status to refuse the request
  // with.
  int ParseHead(std::string_view head);

  // After ParseHead: what follows on the wire.
  using basic_parser::keep_alive;
  bool chunked() const { return has_transfer_encoding_; }
  uint64_t content_length() const { return basic_parser::content_length().value_or(0); }
  bool expects_continue() const { return expects_continue_; }
  bool takes_chunks() const { return version_ >= 11; }

  HttpRequest& request() { return request_; }

 private:
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  using View = boost::beast::string_view;
  using Code = boost::beast::error_code;

  void on_request_impl(Verb, View method, View target, int version, Code& error) override;
  void on_response_impl(int, View, int, Code&) override {}
  void on_field_impl(Field field, View name, View value, Code& error) override;
  void on_header_impl(Code& error) override;
  void on_body_init_impl(boost::optional<uint64_t> const&, Code&) override {}
  size_t on_body_impl(View body, Code&) override { return body.size(); }
  void on_chunk_header_impl(uint64_t, View, Code&) override {}
  size_t on_chunk_body_impl(uint64_t, View body, Code&) override { return body.size(); }
  void on_finish_impl(Code&) override {}

  void CheckField(Field field, View value, Code& error);
  void Refuse(int status, Code& error);
  int StatusOf(const Code& error) const;

  Limits limits_;
  HttpRequest request_;
  int refusal_ = 0;
  int version_ = 11;
  int host_fields_ = 0;
  bool has_authorization_ = false;
  bool has_content_length_ = false;
  bool has_transfer_encoding_ = false;
  bool expects_continue_ = false;
};

}  // namespace egd::http_server
