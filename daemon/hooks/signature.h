// The signature of a webhook (Standard Webhooks 1.0.0, "Signature scheme"). Pure, thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace egd::hooks {

// HMAC-SHA256, raw: the room that has the cryptography gives it.
using Mac = std::function<std::string(std::string_view key, std::string_view text)>;

// The webhook-signature header: "v1,<base64>" of "id.timestamp.body" for each key in force, with a
// space between them. `keys`: raw bytes.
std::string Signatures(const std::vector<std::string>& keys, std::string_view id,
                       std::string_view timestamp, std::string_view body, const Mac& mac);

}  // namespace egd::hooks
