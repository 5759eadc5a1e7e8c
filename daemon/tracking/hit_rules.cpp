#include "daemon/tracking/hit_rules.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "daemon/core/ip_network.h"
#include "shared/base/strings.h"

namespace egd::tracking {
namespace {

bool Contains(std::string_view lower, std::string_view part) {
  return lower.find(part) != std::string_view::npos;
}

template <size_t N>
bool ContainsOneOf(std::string_view text, const std::string_view (&parts)[N]) {
  const std::string lower = Lower(text);
  return std::any_of(std::begin(parts), std::end(parts),
                     [&](std::string_view part) { return Contains(lower, part); });
}

bool IsHead(const Hit& hit) {
  return hit.method.starts_with("HEAD");
}

bool IsPrefetch(const Hit& hit) {
  return hit.method.ends_with(" prefetch");
}

bool HasNoAgent(const Hit& hit) {
  return Trim(hit.user_agent).empty();
}

bool IsApplePrefetch(const Hit& hit) {
  return !hit.click && Trim(hit.user_agent) == "Mozilla/5.0";
}

// Not "GoogleImageProxy" as such: that one loads when its reader opens the mail.
bool IsGmailPrefetch(const Hit& hit) {
  return !hit.click && hit.user_agent.ends_with("Edge/12.246 Mozilla/5.0");
}

// Words in the names under which security products, crawlers, previews and libraries ask.
constexpr std::string_view kScanners[] = {
    "barracuda", "mimecast", "proofpoint",  "safelinks", "microsoft office existence discovery",
    "ironport",  "symantec", "messagelabs", "mcafee",    "trendmicro",
    "sophos",    "fortinet", "forcepoint",  "zscaler",   "urlscan",
    "kaspersky", "fireeye",  "scanner",     "virustotal"};
constexpr std::string_view kPreviews[] = {"facebookexternalhit",
                                          "slackbot",
                                          "slack-imgproxy",
                                          "twitterbot",
                                          "linkedinbot",
                                          "whatsapp",
                                          "telegrambot",
                                          "discordbot",
                                          "skypeuripreview",
                                          "microsoftpreview",
                                          "google-read-aloud",
                                          "bingpreview",
                                          "iframely",
                                          "embedly"};
constexpr std::string_view kAgents[] = {
    "bot/",       "bot;",       "bot)",   "+http",    "crawler",    "spider",         "curl/",
    "wget/",      "python",     "urllib", "aiohttp",  "httpx",      "go-http-client", "okhttp",
    "java/",      "httpclient", "libwww", "lwp::",    "node-fetch", "axios",          "undici",
    "ruby",       "php/",       "guzzle", "headless", "phantomjs",  "selenium",       "puppeteer",
    "playwright", "monitor",    "scrapy", "winhttp",  "powershell"};

bool NamesScanner(const Hit& hit) {
  return ContainsOneOf(hit.user_agent, kScanners);
}
bool NamesPreview(const Hit& hit) {
  return ContainsOneOf(hit.user_agent, kPreviews);
}
bool NamesAgent(const Hit& hit) {
  return ContainsOneOf(hit.user_agent, kAgents);
}

// Networks from which the products' own scanners ask, as their makers publish them for allow lists.
constexpr std::string_view kScannerNetworks[] = {
    "64.235.144.0/20",  "209.222.80.0/21",                                         // Barracuda
    "207.211.30.0/24",  "207.211.31.0/24",  "205.139.110.0/24", "63.128.21.0/24",  // Mimecast
    "146.101.78.0/24",  "91.220.42.0/24",   "195.130.217.0/24", "67.231.144.0/20",
    "148.163.128.0/19", "205.220.160.0/19",  // Proofpoint
    "40.94.0.0/16",     "104.47.0.0/17"};    // Microsoft

bool IsScannerNetwork(const Hit& hit) {
  if (hit.address.empty()) return hit.was_scanner;
  static const std::vector<core::IpNetwork> kNetworks = [] {
    std::vector<core::IpNetwork> networks;
    for (const auto text : kScannerNetworks) networks.push_back(*core::IpNetwork::Parse(text));
    return networks;
  }();
  const auto address = core::IpAddress::Parse(hit.address);
  return address && std::ranges::any_of(
                        kNetworks, [&](const auto& network) { return network.Contains(*address); });
}

// Where mail passes a product that follows its links before anybody can read it. Not Microsoft's
// and Google's own servers: their readers are people, and quick ones.
constexpr std::string_view kGatewayHosts[] = {
    ".pphosted.com",          ".ppe-hosted.com",  ".mimecast.com",       ".mimecast.co.za",
    ".barracudanetworks.com", ".messagelabs.com", ".iphmx.com",          ".trendmicro.com",
    ".trendmicro.eu",         ".sophos.com",      ".hornetsecurity.com", ".antispameurope.com",
    ".fireeyecloud.com",      ".mailcontrol.com", ".spamexperts.com",    ".retarus.com"};
constexpr UnixMillis kGatewayScan = 60'000;

bool IsGatewayScan(const Hit& hit) {
  if (hit.delivered_at == 0 || hit.at - hit.delivered_at > kGatewayScan) return false;
  const std::string host = Lower(hit.mx_host);
  return std::ranges::any_of(kGatewayHosts, [&](auto suffix) { return host.ends_with(suffix); });
}

struct SingleRule {
  HitRule rule;
  bool (*fits)(const Hit& hit);
};

const SingleRule kSingleRules[] = {
    {{"head-request", "A HEAD request: browsers that follow a link or show a picture send GET",
      "RFC 9110 section 9.3.2; mautic/mautic issue 16263"},
     IsHead},
    {{"prefetch-request", "The request says that it is a prefetch (Sec-Purpose, Purpose, X-Moz)",
      "W3C Resource Hints; WHATWG Fetch, Sec-Purpose"},
     IsPrefetch},
    {{"no-user-agent", "The request has no User-Agent, which every browser and mail client sends",
      "RFC 9110 section 10.1.5"},
     HasNoAgent},
    {{"apple-prefetch",
      "Apple Mail Privacy Protection loads every picture, read or not, as plain Mozilla/5.0",
      "wordtothewise.com/2021/09/apple-mpp"},
     IsApplePrefetch},
    {{"gmail-prefetch", "Gmail fetched the picture ahead of its reader, as Edge/12.246",
      "wordtothewise.com; mailping.pro/research/email-client-protocol-study"},
     IsGmailPrefetch},
    {{"security-scanner", "The User-Agent names a mail security product",
      "check.live-direct-marketing.online/blog/bot-clicks-security-scanners-detect"},
     NamesScanner},
    {{"link-preview", "The User-Agent is that of a chat's or social network's link preview",
      "developers.facebook.com/docs/sharing/webmasters/web-crawlers; api.slack.com/robots"},
     NamesPreview},
    {{"agent", "The User-Agent is that of a program, not of a browser or mail client",
      "IAB/ABC International Spiders and Bots List, its kinds"},
     NamesAgent},
    {{kScannerNetworkRule,
      "The address belongs to Barracuda, Mimecast, Proofpoint or Microsoft Defender",
      "university.act-on.com, Identifying False Positives in Email Clicks; the makers' allow "
      "lists"},
     IsScannerNetwork},
    {{"gateway-scan",
      "Within a minute of delivery to a mail security gateway, which follows links before readers "
      "do",
      "mautic/mautic issues 9162 and 16263"},
     IsGatewayScan},
};

const HitRule kEveryLink = {"every-link",
                            "Every link of the message was followed within ten seconds",
                            "mautic/mautic issue 9798 (a window of ten seconds)"};
const HitRule kSeveralLinks = {
    "several-links", "Several different links were followed within one second",
    "AdobeDocs/marketo.en, Filtering Email Bot Activity (proximity pattern)"};
const HitRule kBesideScan = {"beside-scan",
                             "From the same client, within ten seconds, as clicks of a machine",
                             "mautic/mautic issue 9798: all hits of the window go"};

constexpr UnixMillis kOneSecond = 1000;
constexpr size_t kFewLinks = 3;  // with one or two links, following all of them is what people do

HitVerdict Automated(const HitRule& rule) {
  return {true, rule.name, rule.reason, rule.source};
}

// Different links that were followed within `span` of `centre`, either way.
std::set<size_t> LinksAround(const std::vector<Hit>& hits, const Hit& centre, UnixMillis span) {
  std::set<size_t> links;
  for (const Hit& hit : hits) {
    if (hit.click && std::abs(hit.at - centre.at) <= span) links.insert(hit.link_index);
  }
  return links;
}

const HitRule* GroupRule(const std::vector<Hit>& hits, const Hit& hit) {
  if (!hit.click) return nullptr;
  if (hit.links >= kFewLinks && LinksAround(hits, hit, kHitWindow).size() >= hit.links) {
    return &kEveryLink;
  }
  return LinksAround(hits, hit, kOneSecond).size() > 1 ? &kSeveralLinks : nullptr;
}

}  // namespace

HitVerdict ClassifyHit(const Hit& hit) {
  for (const SingleRule& rule : kSingleRules) {
    if (rule.fits(hit)) return Automated(rule.rule);
  }
  return {};
}

std::vector<HitVerdict> ClassifyWindow(const std::vector<Hit>& hits) {
  std::vector<HitVerdict> verdicts;
  for (const Hit& hit : hits) {
    HitVerdict verdict = ClassifyHit(hit);
    const HitRule* group = verdict.automated ? nullptr : GroupRule(hits, hit);
    verdicts.push_back(group ? Automated(*group) : verdict);
  }
  const std::vector<HitVerdict> known = verdicts;
  for (size_t i = 0; i < hits.size(); ++i) {
    if (known[i].automated || hits[i].address.empty()) continue;  // of no known client
    for (size_t j = 0; j < hits.size(); ++j) {
      const bool beside =
          known[j].automated && hits[j].click && hits[j].user_agent == hits[i].user_agent &&
          hits[j].address == hits[i].address && std::abs(hits[j].at - hits[i].at) <= kHitWindow;
      if (beside) verdicts[i] = Automated(kBesideScan);
    }
  }
  return verdicts;
}

std::vector<HitRule> HitRules() {
  std::vector<HitRule> rules;
  for (const SingleRule& rule : kSingleRules) rules.push_back(rule.rule);
  rules.insert(rules.end(), {kEveryLink, kSeveralLinks, kBesideScan});
  return rules;
}

}  // namespace egd::tracking
