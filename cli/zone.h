// The DNS records a domain has to publish, and their texts for name servers and DNS tools. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace egd::cli {

struct ZoneRecord {
  std::string purpose, host, type, value;  // host: no final dot
  bool required = true;                    // else the domain can be Enabled without it
};

struct Zone {
  std::string domain;  // whose records they are
  std::string name;    // the zone they go to: the domain, or a parent of it
  int64_t ttl = 3600;  // seconds
  std::vector<ZoneRecord> records = {};

  // "@" for the zone itself, "_dmarc" below it.
  std::string Label(const ZoneRecord& record) const;
};

// Zone-file strings hold at most 255 bytes (RFC 1035 section 3.3.14); cut between characters of
// UTF-8.
std::vector<std::string> SplitText(const std::string& text);

// Lines for a zone file (RFC 1035 section 5): absolute names, strings quoted and split.
std::string BindText(const Zone& zone);
// HCL with an aws_route53_record a name and type; bytes outside ASCII as Route 53 wants them.
std::string Route53Text(const Zone& zone);
// HCL with a cloudflare_dns_record (provider 5) for each.
std::string CloudflareText(const Zone& zone);
// A zone of octoDNS's YamlProvider: sorted as it demands, semicolons escaped; it splits itself.
std::string OctodnsText(const Zone& zone);
// JavaScript that adds to a D(…) of dnsconfig.js.
std::string DnscontrolText(const Zone& zone);
// {Domain, Zone, TTL, Records: [{Purpose, Host, Name, Type, Value, Strings?}]}
nlohmann::ordered_json ZoneJson(const Zone& zone);

}  // namespace egd::cli
