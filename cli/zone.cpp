#include "cli/zone.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "shared/base/strings.h"

namespace egd::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Dotted(std::string name) {
  return name.ends_with('.') ? name : name + ".";
}

// "10 mx.example.net" or "mx.example.net": the first is what its gateway prefers.
struct Exchange {
  std::string preference = "10", host;
};
Exchange ExchangeOf(const std::string& value) {
  const auto words = Split(value, ' ');
  if (words.size() == 2 && ParseInteger(words[0])) {
    return {std::string(words[0]), Dotted(std::string(words[1]))};
  }
  return {.host = Dotted(value)};
}

// A backslash and the byte's number in three digits: decimal in zone files (RFC 1035 section 5.1),
// octal for Amazon Route 53.
std::string Escaped(uint8_t byte, int base) {
  std::string digits;
  for (int unit = base * base; unit > 0; unit /= base) digits += char('0' + byte / unit % base);
  return "\\" + digits;
}

// A character string without its quotes.
std::string CharacterString(const std::string& text, int base) {
  std::string escaped;
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) {
      escaped += Escaped(uint8_t(c), base);
    } else {
      if (c == '"' || c == '\\') escaped += '\\';
      escaped += c;
    }
  }
  return escaped;
}

std::string CharacterStrings(const std::string& text, std::string_view between, int base) {
  std::vector<std::string> strings;
  for (const std::string& part : SplitText(text)) strings.push_back(CharacterString(part, base));
  return Join(strings, between);
}

std::string QuotedStrings(const std::string& text) {
  return "\"" + CharacterStrings(text, "\" \"", 10) + "\"";
}

std::string ZoneData(const ZoneRecord& record) {
  if (record.type == "TXT") return QuotedStrings(record.value);
  if (record.type == "CNAME") return Dotted(record.value);
  if (record.type != "MX") return record.value;
  const Exchange exchange = ExchangeOf(record.value);
  return exchange.preference + " " + exchange.host;
}

// A name and type has one set of records, whatever they are for.
using Sets = std::map<std::pair<std::string, std::string>, std::vector<ZoneRecord>>;
Sets SetsOf(const Zone& zone) {
  Sets sets;
  for (const ZoneRecord& record : zone.records) sets[{record.host, record.type}].push_back(record);
  return sets;
}

// A template string of HCL, whose interpolations are ${ and %{.
std::string Hcl(const std::string& text) {
  std::string escaped = RenderJson(text, -1);
  for (const std::string_view open : {"${", "%{"}) {
    for (size_t at = escaped.find(open); at != escaped.npos; at = escaped.find(open, at + 3)) {
      escaped.insert(at, 1, open[0]);
    }
  }
  return escaped;
}

std::string Identifier(const std::string& name) {
  std::string identifier;
  for (const char c : Lower(name)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    identifier += plain ? c : '_';
  }
  const bool digit = !identifier.empty() && identifier[0] >= '0' && identifier[0] <= '9';
  return digit ? "_" + identifier : identifier;
}

// Route 53's provider puts the outer quotes itself.
std::string Route53Value(const ZoneRecord& record) {
  if (record.type == "TXT") return Hcl(CharacterStrings(record.value, "\"\"", 8));
  return Hcl(ZoneData(record));
}

// Digits count as numbers, as octoDNS sorts names.
bool NaturalLess(const std::string& a, const std::string& b) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const size_t a_end = std::min(a.find_first_not_of("0123456789", i), a.size());
    const size_t b_end = std::min(b.find_first_not_of("0123456789", j), b.size());
    const auto a_number = ParseInteger(a.substr(i, a_end - i)).value_or(INT64_MAX);
    const auto b_number = ParseInteger(b.substr(j, b_end - j)).value_or(INT64_MAX);
    if (a_number != b_number) return a_number < b_number;
    i = a_end, j = b_end;
  }
  return a.size() - i < b.size() - j;
}

std::string OctodnsValue(const ZoneRecord& record, const std::string& margin) {
  if (record.type == "MX") {
    const Exchange exchange = ExchangeOf(record.value);
    return "exchange: " + RenderJson(exchange.host, -1) + "\n" + margin +
           "preference: " + exchange.preference;
  }
  if (record.type != "TXT") return RenderJson(ZoneData(record), -1);
  // It takes ASCII alone.
  std::string escaped;
  for (const char c : record.value) {
    if (c < 0x20 || c > 0x7e) {
      escaped += Escaped(uint8_t(c), 10);
    } else {
      escaped += c == ';' ? std::string("\\;") : std::string(1, c);
    }
  }
  return RenderJson(escaped, -1);
}

std::string OctodnsSet(const Zone& zone, const std::vector<ZoneRecord>& set, bool in_list) {
  const std::string first = in_list ? "  - " : "  ", margin = in_list ? "    " : "  ";
  std::string text = first + "ttl: " + std::to_string(zone.ttl) + "\n" + margin +
                     "type: " + set.front().type + "\n";
  const bool plain = set.size() == 1 && set.front().type != "MX";
  if (plain) return text + margin + "value: " + OctodnsValue(set.front(), "") + "\n";
  text += margin + "values:\n";
  for (const ZoneRecord& record : set) {
    text += margin + "- " + OctodnsValue(record, margin + "  ") + "\n";
  }
  return text;
}

std::string DnscontrolRecord(const Zone& zone, const ZoneRecord& record) {
  std::string text = record.type + "(" + RenderJson(zone.Label(record), -1) + ", ";
  if (record.type == "TXT") {
    const auto parts = SplitText(record.value);
    text += RenderJson(parts.size() == 1 ? Json(parts[0]) : Json(parts), -1);
  } else if (record.type == "MX") {
    const Exchange exchange = ExchangeOf(record.value);
    text += exchange.preference + ", " + RenderJson(exchange.host, -1);
  } else {
    text += RenderJson(ZoneData(record), -1);
  }
  return text + ", TTL(" + std::to_string(zone.ttl) + "))";
}

}  // namespace

std::string Zone::Label(const ZoneRecord& record) const {
  if (record.host == name) return "@";
  return record.host.substr(0, record.host.size() - name.size() - 1);
}

std::vector<std::string> SplitText(const std::string& text) {
  constexpr size_t kMost = 255;
  std::vector<std::string> parts;
  for (size_t at = 0; at < text.size(); at += parts.back().size()) {
    size_t end = std::min(at + kMost, text.size());
    while (end < text.size() && end > at + 1 && (uint8_t(text[end]) & 0xc0) == 0x80) --end;
    parts.push_back(text.substr(at, end - at));
  }
  return parts.empty() ? std::vector<std::string>{""} : parts;
}

std::string BindText(const Zone& zone) {
  std::string text = "; Records of " + zone.domain + ", for the zone " + zone.name + "\n";
  for (const ZoneRecord& record : zone.records) {
    text += "; " + record.purpose + "\n" + Dotted(record.host) + " " + std::to_string(zone.ttl) +
            " IN " + record.type + " " + ZoneData(record) + "\n";
  }
  return text;
}

std::string Route53Text(const Zone& zone) {
  const std::string variable = Identifier(zone.name) + "_zone_id";
  std::string text = "# Records of " + zone.domain +
                     ", for Amazon Route 53. A name and type has one resource: add here\n"
                     "# what else is published there, such as other TXT values of the domain.\n"
                     "variable \"" +
                     variable + "\" {\n  type        = string\n  description = " +
                     Hcl("ID of the hosted zone " + zone.name) + "\n}\n";
  std::map<std::string, int> used;
  for (const auto& [key, set] : SetsOf(zone)) {
    std::string identifier = Identifier(key.first + "_" + key.second);
    if (const int count = used[identifier]++) identifier += "_" + std::to_string(count + 1);
    std::vector<std::string> values;
    for (const ZoneRecord& record : set) values.push_back(Route53Value(record));
    text += "\nresource \"aws_route53_record\" \"" + identifier + "\" {\n  zone_id = var." +
            variable + "\n  name    = " + Hcl(key.first) + "\n  type    = " + Hcl(key.second) +
            "\n  ttl     = " + std::to_string(zone.ttl) + "\n  records = [" + Join(values, ", ") +
            "]\n}\n";
  }
  return text;
}

std::string CloudflareText(const Zone& zone) {
  // Cloudflare takes 1 (automatic), or a minute to a day.
  const int64_t ttl = zone.ttl == 1 ? 1 : std::clamp<int64_t>(zone.ttl, 60, 86400);
  const std::string variable = Identifier(zone.name) + "_zone_id";
  std::string text =
      "# Records of " + zone.domain +
      ", for Cloudflare (provider 5). They must not be proxied.\nvariable \"" + variable +
      "\" {\n  type        = string\n  description = " + Hcl("ID of the zone " + zone.name) +
      "\n}\n";
  std::map<std::string, int> used;
  for (const ZoneRecord& record : zone.records) {
    std::string identifier = Identifier(record.host + "_" + record.type);
    if (const int count = used[identifier]++) identifier += "_" + std::to_string(count + 1);
    std::string content = record.value, priority;
    if (record.type == "TXT") content = QuotedStrings(record.value);
    if (record.type == "MX") {
      const Exchange exchange = ExchangeOf(record.value);
      content = exchange.host;
      priority = "  priority = " + exchange.preference + "\n";
    }
    if (record.type != "TXT" && content.ends_with('.')) content.pop_back();
    const std::string margin = priority.empty() ? "" : " ";  // as terraform fmt aligns them
    text += "\nresource \"cloudflare_dns_record\" \"" + identifier + "\" {\n  zone_id " + margin +
            "= var." + variable + "\n  name    " + margin + "= " + Hcl(record.host) +
            "\n  type    " + margin + "= " + Hcl(record.type) + "\n  content " + margin + "= " +
            Hcl(content) + "\n" + priority + "  ttl     " + margin + "= " + std::to_string(ttl) +
            "\n  proxied " + margin + "= false\n}\n";
  }
  return text;
}

std::string OctodnsText(const Zone& zone) {
  std::vector<std::vector<std::vector<ZoneRecord>>> names;  // by name, then by type
  for (auto& [key, set] : SetsOf(zone)) {
    const bool same = !names.empty() && names.back()[0][0].host == key.first;
    if (!same) names.emplace_back();
    names.back().push_back(set);
  }
  const auto label = [&](const auto& sets) {
    const std::string own = zone.Label(sets[0][0]);
    return own == "@" ? std::string() : own;
  };
  std::sort(names.begin(), names.end(),
            [&](const auto& a, const auto& b) { return NaturalLess(label(a), label(b)); });
  std::string text = "---\n";
  for (const auto& sets : names) {
    text += RenderJson(label(sets), -1) + ":\n";
    for (const auto& set : sets) text += OctodnsSet(zone, set, sets.size() > 1);
  }
  return names.empty() ? "--- {}\n" : text;
}

std::string DnscontrolText(const Zone& zone) {
  std::string text = "// Records of " + zone.domain + ": add them to dnsconfig.js below its D(" +
                     RenderJson(zone.name, -1) + ", ...).\nD_EXTEND(" + RenderJson(zone.name, -1);
  for (const ZoneRecord& record : zone.records) text += ",\n  " + DnscontrolRecord(zone, record);
  return text + "\n);\n";
}

Json ZoneJson(const Zone& zone) {
  Json records = Json::array();
  for (const ZoneRecord& record : zone.records) {
    Json row{{"Purpose", record.purpose},
             {"Host", record.host},
             {"Name", zone.Label(record)},
             {"Type", record.type},
             {"Value", record.value}};
    if (record.type == "TXT") row["Strings"] = SplitText(record.value);
    records.push_back(std::move(row));
  }
  return {{"Domain", zone.domain}, {"Zone", zone.name}, {"TTL", zone.ttl}, {"Records", records}};
}

}  // namespace egd::cli
