#include "daemon/http_server/request_parser.h"

#include <cstring>
#include <utility>

#include <boost/beast/http/error.hpp>

#include "shared/base/strings.h"

namespace egd::http_server {
namespace {

namespace http = boost::beast::http;

std::string_view Std(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

HeadScan ScanHead(std::string_view data, size_t& checked) {
  size_t line = checked;  // start of the line being looked at
  bool seen_text = checked > 0;
  for (;;) {
    const size_t newline = data.find('\n', line);
    if (newline == std::string_view::npos) return {};
    if (newline == line || data[newline - 1] != '\r') return {HeadScan::State::kMalformed, 0};
    const bool empty = newline == line + 1;
    if (empty && seen_text) return {HeadScan::State::kComplete, newline + 1};
    if (seen_text && (data[line] == ' ' || data[line] == '\t')) {
      return {HeadScan::State::kMalformed, 0};  // obs-fold
    }
    line = newline + 1;
    if (empty) continue;
    seen_text = true;
    checked = line;
  }
}

RequestParser::RequestParser(const Limits& limits) : limits_(limits) {
  header_limit(UINT32_MAX);  // the caller bounds the block before it gets here
  body_limit(limits.body_bytes);
}

int RequestParser::ParseHead(std::string_view head) {
  while (head.starts_with("\r\n")) head.remove_prefix(2);
  Code error;
  put({head.data(), head.size()}, error);
  return StatusOf(error);
}

void RequestParser::on_request_impl(Verb, View method, View target, int version, Code&) {
  request_.method = Std(method);
  request_.target = Std(target);
  version_ = version;
}

void RequestParser::on_field_impl(Field field, View name, View value, Code& error) {
  if (request_.headers.size() >= limits_.headers) return Refuse(431, error);
  CheckField(field, value, error);
  request_.headers.push_back({std::string(Std(name)), std::string(Std(value))});
}

void RequestParser::CheckField(Field field, View value, Code& error) {
  if (field == Field::host) {
    ++host_fields_;
  } else if (field == Field::content_length) {
    if (has_content_length_ || Std(value).find(',') != std::string_view::npos) Refuse(400, error);
    has_content_length_ = true;
  } else if (field == Field::transfer_encoding) {
    if (!EqualsIgnoreCase(Std(value), "chunked")) Refuse(501, error);
    has_transfer_encoding_ = true;
  } else if (field == Field::authorization) {
    if (std::exchange(has_authorization_, true)) Refuse(400, error);  // which of two would count?
  } else if (field == Field::expect) {
    if (!EqualsIgnoreCase(Std(value), "100-continue")) Refuse(417, error);
    expects_continue_ = version_ >= 11;
  }
}

void RequestParser::on_header_impl(Code& error) {
  const bool host_ok = version_ >= 11 ? host_fields_ == 1 : host_fields_ <= 1;
  if (!host_ok || (version_ < 11 && has_transfer_encoding_)) Refuse(400, error);
}

void RequestParser::Refuse(int status, Code& error) {
  refusal_ = status;
  error = http::error::bad_value;
}

int RequestParser::StatusOf(const Code& error) const {
  if (!error) return 0;
  if (refusal_ != 0) return refusal_;
  if (error == http::error::body_limit) return 413;
  if (error == http::error::bad_version) return 505;
  return 400;
}

}  // namespace egd::http_server
