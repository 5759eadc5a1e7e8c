// The syntax of option values. Each check returns what is wrong as the end of a sentence, or
// nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace egd::config {

std::optional<std::string> CheckNotEmpty(std::string_view text);
std::optional<std::string> CheckHostName(
    std::string_view text);  // RFC 1123 section 2.1; empty is fine
std::optional<std::string> CheckHostLabel(
    std::string_view text);  // letters, digits, hyphens; 1 to 32
std::optional<std::string> CheckMailbox(std::string_view text);  // "abuse@example.com"
std::optional<std::string> CheckListen(std::string_view text);   // "127.0.0.1:25", "[::1]:25"
std::optional<std::string> CheckHostAndPort(
    std::string_view text);  // "mail.example.com:25"; empty is fine
std::optional<std::string> CheckNetwork(std::string_view text);  // "10.0.0.0/8", "fd00::/8"
std::optional<std::string> CheckFeedbackId(
    std::string_view text);  // Google's SenderId: 5 to 15 letters, digits, hyphens; empty is fine
std::optional<std::string> CheckSocketPath(
    std::string_view text);  // fits sockaddr_un; empty is fine
std::optional<std::string> CheckPlaceholders(
    std::string_view text);  // only the names config.h lists

// "90s", "15m", "4h", "2d"; whole and positive.
std::optional<std::chrono::seconds> ParseDuration(std::string_view text);
std::string FormatDuration(std::chrono::seconds duration);  // in its largest whole unit

}  // namespace egd::config
