#include "daemon/mime/control_fields.h"

#include <catch2/catch.hpp>

#include "daemon/mime/raw_message.h"

namespace egd::mime {
namespace {

Result<RawMessage> Complete(const std::string& fields) {
  RawOptions options;
  options.message_id_host = options.received_by = "gw.example";
  options.protocol = "ESMTPSA";
  return CompleteRaw("From: a@b.example\r\n" + fields + "\r\nHello\r\n", options);
}

ControlFields Read(const std::string& fields) {
  const auto raw = Complete(fields);
  if (!raw) FAIL(raw.error().public_text);
  CHECK(raw->data.find("X-T") == std::string::npos);
  CHECK(raw->data.find("X-Send-At") == std::string::npos);
  CHECK(raw->data.find("Idempotency") == std::string::npos);
  return raw->controls;
}

std::string Refusal(const std::string& fields) {
  const auto raw = Complete(fields);
  REQUIRE_FALSE(raw);
  return raw.error().public_text;
}

}  // namespace

TEST_CASE("the fields for the gateway are read in any case and taken out") {
  const ControlFields controls = Read(
      "x-tags: a, b c,, d\r\nX-Track-Links: No\r\nX-TRACK-OPENS: yes\r\nX-Unsubscribe-Link: 1\r\n"
      "Idempotency-Key: order-4711\r\nX-Send-At: 1764244800\r\n");
  CHECK(controls.tags == std::vector<std::string>{"a", "b c", "d"});
  CHECK(controls.track_links == false);
  CHECK(controls.track_opens == true);
  CHECK(controls.unsubscribe_link == true);
  CHECK(controls.idempotency_key == "order-4711");
  CHECK(controls.send_at == 1'764'244'800'000);
}

TEST_CASE("a message without them says nothing") {
  const ControlFields controls = Read("");
  CHECK(controls.tags.empty());
  CHECK_FALSE(controls.track_links);
  CHECK_FALSE(controls.send_at);
}

TEST_CASE("a time may be a date of a header") {
  CHECK(Read("X-Send-At: Thu, 27 Nov 2025 13:00:00 +0100\r\n").send_at == 1'764'244'800'000);
}

TEST_CASE("a value that is none is refused by the field's name") {
  CHECK(Refusal("X-Track-Links: maybe\r\n").find("X-Track-Links") == 0);
  CHECK(Refusal("X-Send-At: tomorrow\r\n").find("X-Send-At") == 0);
  CHECK(Refusal("X-Send-At: -1\r\n").find("X-Send-At") == 0);
  CHECK(Refusal("X-Send-At: 1764244800000\r\n").find("milliseconds") != std::string::npos);
  CHECK(Refusal("X-Tags: a\r\nX-Tags: b\r\n").find("more than once") != std::string::npos);
}

}  // namespace egd::mime
