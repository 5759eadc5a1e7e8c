#include "cli/zone_file.h"

#include <algorithm>
#include <optional>

#include "shared/base/strings.h"

namespace egd::cli {
namespace {

constexpr size_t kMostInString = 255;  // RFC 1035 section 3.3
constexpr size_t kMostInName = 253, kMostInLabel = 63;

// A type that is misspelt is to be found, so those there are stand here (IANA, "DNS Parameters").
constexpr std::string_view kTypes[] = {
    "A",     "AAAA",  "AFSDB", "APL",   "CAA",      "CDNSKEY",    "CDS",        "CERT",
    "CNAME", "CSYNC", "DHCID", "DLV",   "DNAME",    "DNSKEY",     "DS",         "EUI48",
    "EUI64", "HINFO", "HIP",   "HTTPS", "IPSECKEY", "KEY",        "KX",         "LOC",
    "MX",    "NAPTR", "NS",    "NSEC",  "NSEC3",    "NSEC3PARAM", "OPENPGPKEY", "PTR",
    "RP",    "RRSIG", "RT",    "SIG",   "SMIMEA",   "SOA",        "SPF",        "SRV",
    "SSHFP", "SVCB",  "TLSA",  "TXT",   "URI",      "WKS",        "X25",        "ZONEMD"};

bool IsType(const std::string& word) {
  if (std::ranges::find(kTypes, word) != std::end(kTypes)) return true;
  return word.starts_with("TYPE") && ParseInteger(std::string_view(word).substr(4));  // RFC 3597
}

std::string Upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
  return text;
}

bool IsClass(const std::string& word) {
  return word == "IN" || word == "CH" || word == "HS";
}

// "3600", or with units as "1h30m".
bool IsTtl(std::string_view word) {
  if (word.empty() || word[0] < '0' || word[0] > '9') return false;
  return word.find_first_not_of("0123456789wWdDhHmMsS") == word.npos;
}

struct Token {
  std::string text = {};  // escapes undone where it is a string, kept in names
  bool is_quoted = false;
  bool is_first = false;  // at the beginning of its line: an owner
  size_t line = 0;
};

// An entry: a record or a directive, over several lines where it has parentheses.
using Entry = std::vector<Token>;

// Takes the text apart into entries.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // The next entry that is not empty; an empty one at the end.
  Result<Entry> Next() {
    Entry entry;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        ++at_;
        ++line_;
        if (open_ > 0) continue;
        line_begins_ = true;
        if (!entry.empty()) return entry;
      } else if (c == ' ' || c == '\t' || c == '\r') {
        ++at_;
        line_begins_ = false;
      } else if (c == ';') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (c == '(') {
        ++at_;
        line_begins_ = false;
        if (++open_ == 1) opened_at_ = line_;
      } else if (c == ')') {
        ++at_;
        if (open_-- == 0) return Wrong(line_, "has a ) without a (");
      } else {
        auto token = c == '"' ? Quoted() : Plain();
        if (!token) return token.error();
        entry.push_back(*std::move(token));
        line_begins_ = false;
      }
    }
    if (open_ > 0) return Wrong(opened_at_, "opens a ( that is never closed");
    return entry;
  }

  static Error Wrong(size_t line, const std::string& text) {
    return InvalidArgument("line " + std::to_string(line) + " " + text);
  }

 private:
  Result<Token> Quoted() {
    Token token{.is_quoted = true, .is_first = line_begins_, .line = line_};
    for (++at_; at_ < text_.size() && text_[at_] != '\n';) {
      if (text_[at_] == '"') {
        ++at_;
        return token;
      }
      if (auto added = Add(token, true); !added) return added.error();
    }
    return Wrong(token.line, "has a quotation mark that is never closed");
  }

  Result<Token> Plain() {
    Token token{.is_first = line_begins_, .line = line_};
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n;()\"").find(text_[at_]) == std::string_view::npos) {
      if (auto added = Add(token, false); !added) return added.error();
    }
    return token;
  }

  // A character, or an escape: \X, or \DDD in decimal.
  Result<void> Add(Token& token, bool quoted) {
    char c = text_[at_++];
    if (c == '\\') {
      const std::string_view digits = text_.substr(at_, 3);
      const bool number =
          digits.size() == 3 && digits.find_first_not_of("0123456789") == digits.npos;
      if (number && *ParseInteger(digits) > 255)
        return Wrong(line_, "has \\" + std::string(digits) + ", and a byte is at most 255");
      if (at_ == text_.size() || text_[at_] == '\n') return Wrong(line_, "ends with a backslash");
      if (number) {
        c = char(*ParseInteger(digits));
        at_ += 3;
      } else {
        c = text_[at_++];
        if (c == '.' && !quoted) token.text += '\\';  // a dot inside a label
      }
    }
    token.text += c;
    return {};
  }

  const std::string_view text_;
  size_t at_ = 0, line_ = 1, opened_at_ = 0;
  int open_ = 0;
  bool line_begins_ = true;
};

class Parser {
 public:
  explicit Parser(std::string origin) : origin_(std::move(origin)) {}

  Result<void> Add(Entry entry) {
    line_ = entry.front().line;
    const bool is_directive =
        entry.front().is_first && entry.front().text.starts_with('$') && !entry.front().is_quoted;
    return is_directive ? Direct(entry) : AddRecord(std::move(entry));
  }
  std::vector<ZoneFileRecord> Take() { return std::move(records_); }

 private:
  Error Wrong(const std::string& text) const { return Scanner::Wrong(line_, text); }

  Result<void> Direct(const Entry& entry) {
    const std::string word = Lower(entry[0].text);
    if (word == "$generate") return {};
    if (word == "$include") return Wrong("includes another file: check that one by itself");
    if (word != "$origin" && word != "$ttl")
      return Wrong("has an unknown " + Printable(entry[0].text));
    if (entry.size() != 2)
      return Wrong("must be like " +
                   std::string(word == "$ttl" ? "$TTL 3600" : "$ORIGIN example.com."));
    if (word == "$ttl") {
      if (IsTtl(entry[1].text)) return {};
      return Wrong("has a TTL that is none: " + Printable(entry[1].text));
    }
    auto name = NameOf(entry[1].text);
    if (!name) return name.error();
    origin_ = *std::move(name);
    return {};
  }

  // Absolute, lower case, without the final dot.
  Result<std::string> NameOf(const std::string& text) const {
    std::string name = Lower(text == "@" ? origin_ + "." : text);
    if (name.ends_with('.') && !name.ends_with("\\.")) {
      name.pop_back();
    } else if (!origin_.empty()) {
      name += "." + origin_;
    }
    for (const std::string_view label : Split(name, '.')) {
      if (label.empty() && !name.empty())
        return Wrong("has the name " + Printable(text) + " with an empty label");
      if (label.size() > kMostInLabel)
        return Wrong("has a label of more than 63 bytes: " + Printable(label));
    }
    if (name.size() > kMostInName)
      return Wrong("has a name of more than 253 bytes: " + Printable(text));
    return name;
  }

  Result<void> AddRecord(Entry entry) {
    size_t at = 0;
    if (entry[0].is_first) {
      auto owner = NameOf(entry[0].text);
      if (!owner) return owner.error();
      owner_ = *std::move(owner);
      at = 1;
    }
    if (!owner_) return Wrong("has a record without a name, and there is none before it");
    std::string type;
    for (bool ttl = false, has_class = false; at < entry.size(); ++at) {
      const std::string word = Upper(entry[at].text);
      if (!ttl && IsTtl(word)) {
        ttl = true;
      } else if (!has_class && IsClass(word)) {
        has_class = true;
      } else {
        type = word;
        break;
      }
    }
    if (type.empty()) return Wrong("has no record type");
    if (entry[at].is_quoted || !IsType(type))
      return Wrong("has the unknown record type " + Printable(entry[at].text));
    ZoneFileRecord record{.line = line_, .owner = *owner_, .type = type};
    auto value = ValueOf(type, {entry.begin() + long(at) + 1, entry.end()});
    if (!value) return value.error();
    record.value = *std::move(value);
    records_.push_back(std::move(record));
    return {};
  }

  Result<std::string> ValueOf(const std::string& type, const Entry& data) const {
    if (data.empty()) return Wrong("has a " + type + " record without data");
    if (type == "TXT" || type == "SPF") return TextOf(data);
    if (type == "CNAME" || type == "NS" || type == "PTR" || type == "DNAME") {
      if (data.size() != 1) return Wrong("has a " + type + " record with more than one name");
      return NameOf(data[0].text);
    }
    if (type == "MX") {
      const auto preference = ParseInteger(data[0].text);
      if (data.size() != 2 || !preference || *preference < 0 || *preference > 65535) {
        return Wrong("has an MX record that is not like 10 mx.example.com.");
      }
      auto name = NameOf(data[1].text);
      if (!name) return name.error();
      return data[0].text + " " + *name;
    }
    std::vector<std::string> words;
    for (const Token& token : data) words.push_back(token.text);
    return Join(words, " ");
  }

  Result<std::string> TextOf(const Entry& data) const {
    std::string text;
    for (const Token& token : data) {
      if (token.text.size() > kMostInString) {
        return Scanner::Wrong(token.line, "has a string of " + std::to_string(token.text.size()) +
                                              " bytes: split it into strings of at most 255");
      }
      text += token.text;
    }
    return text;
  }

  std::string origin_;
  std::optional<std::string> owner_;
  size_t line_ = 0;
  std::vector<ZoneFileRecord> records_;
};

}  // namespace

Result<std::vector<ZoneFileRecord>> ParseZoneFile(std::string_view text,
                                                  const std::string& origin) {
  Scanner scanner(text);
  Parser parser(origin);
  while (true) {
    auto entry = scanner.Next();
    if (!entry) return entry.error();
    if (entry->empty()) return parser.Take();
    if (auto added = parser.Add(*std::move(entry)); !added) return added.error();
  }
}

}  // namespace egd::cli
