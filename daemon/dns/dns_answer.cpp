#include "daemon/dns/dns_answer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <vector>

#include <arpa/inet.h>

#include "shared/base/strings.h"

namespace egd::dns {
namespace {

using core::DnsAnswer;
using core::DnsStatus;
using core::DnsType;

constexpr size_t kHeaderBytes = 12;
constexpr size_t kMaxNameBytes = 255;  // RFC 1035 section 2.3.4
constexpr int kMaxPointers = 127;      // one a label
constexpr int kMaxCnameSteps = 16;     // resolvers give up between 8 and 16
constexpr uint16_t kClassInternet = 1;
constexpr uint16_t kNs = 2;
constexpr uint16_t kCname = 5;
constexpr uint16_t kSoa = 6;
// Bits of the header's second word (section 4.1.1).
constexpr uint16_t kIsResponse = 0x8000;
constexpr uint16_t kOpcode = 0x7800;
constexpr uint16_t kIsAuthoritative = 0x0400;
constexpr uint16_t kIsTruncated = 0x0200;
constexpr uint16_t kIsAuthenticated = 0x0020;

// A label as in a zone file, lower case: a dot or byte that is not printable is escaped, so that no
// label can pass for two (RFC 4343 section 2.1).
void AppendLabel(std::string& name, std::string_view label) {
  if (!name.empty()) name += '.';
  for (const char c : Lower(label)) {
    if (c == '.' || c == '\\') {
      name += {'\\', c};
    } else if (c > ' ' && c < 0x7f) {
      name += c;
    } else {
      std::array<char, 5> escaped;
      std::snprintf(escaped.data(), escaped.size(), "\\%03u", unsigned(uint8_t(c)));
      name += escaped.data();
    }
  }
}

// A cursor over the message. A read past the end makes it fail for good and gives zeros.
class Reader {
 public:
  explicit Reader(std::string_view message, size_t at = 0) : message_(message), at_(at) {}

  bool failed() const { return failed_; }
  size_t at() const { return at_; }

  std::string_view Bytes(size_t count) {
    if (failed_ || count > message_.size() - at_) {
      failed_ = true;
      return {};
    }
    at_ += count;
    return message_.substr(at_ - count, count);
  }
  uint8_t Byte() {
    const auto bytes = Bytes(1);
    return bytes.empty() ? 0 : uint8_t(bytes[0]);
  }
  uint16_t Short() {
    const auto high = Byte();
    return uint16_t(high << 8 | Byte());
  }

  // Section 4.1.4. Without the trailing dot; the root is "".
  std::string Name() {
    std::string name;
    size_t start = at_, length = 0;
    int pointers = 0;
    std::optional<size_t> after;  // where reading goes on once a pointer was followed
    while (const uint8_t label = Byte()) {
      if ((label & 0xc0) == 0xc0) {
        const size_t target = size_t(label & 0x3f) << 8 | Byte();
        if (!after) after = at_;
        if (failed_ || target >= start || ++pointers > kMaxPointers) return Fail();
        start = at_ = target;
        continue;
      }
      length += label + 1u;
      if (label > 63 || length >= kMaxNameBytes) return Fail();
      AppendLabel(name, Bytes(label));
    }
    if (after) at_ = *after;
    return failed_ ? Fail() : name;
  }

 private:
  std::string Fail() {
    failed_ = true;
    return {};
  }

  std::string_view message_;
  size_t at_;
  bool failed_ = false;
};

struct Record {
  std::string owner;
  uint16_t type = 0;
  size_t data_at = 0;
  std::string_view data;
};

Record ReadRecord(Reader& reader) {
  Record record;
  record.owner = reader.Name();
  record.type = reader.Short();
  if (reader.Short() != kClassInternet) record.type = 0;
  reader.Bytes(4);  // time to live
  const uint16_t size = reader.Short();
  record.data_at = reader.at();
  record.data = reader.Bytes(size);
  return record;
}

struct Sections {
  std::vector<Record> answers, authority;
};

// Both; nothing when the message is broken before their end.
std::optional<Sections> ReadSections(std::string_view message) {
  Reader reader(message);
  reader.Bytes(4);
  const uint16_t questions = reader.Short(), answers = reader.Short(), authority = reader.Short();
  reader.Bytes(kHeaderBytes - 10);
  for (int i = 0; i < questions && !reader.failed(); ++i) {
    reader.Name();
    reader.Bytes(4);
  }
  Sections sections;
  for (int i = 0; i < answers && !reader.failed(); ++i) {
    sections.answers.push_back(ReadRecord(reader));
  }
  for (int i = 0; i < authority && !reader.failed(); ++i) {
    sections.authority.push_back(ReadRecord(reader));
  }
  if (reader.failed()) return std::nullopt;
  return sections;
}

// Other servers are named, and neither an answer nor, by an SOA, that there is none (RFC 2308
// section 2.2).
bool IsReferral(const Sections& sections) {
  const auto has = [&](uint16_t type) {
    return std::ranges::find(sections.authority, type, &Record::type) != sections.authority.end();
  };
  return sections.answers.empty() && has(kNs) && !has(kSoa);
}

// A name inside a record's data, which it must fill to the end.
std::optional<std::string> NameIn(std::string_view message, const Record& record, size_t skip) {
  Reader reader(message, record.data_at + skip);
  std::string name = reader.Name();
  if (reader.failed() || reader.at() != record.data_at + record.data.size()) return std::nullopt;
  return name;
}

std::optional<std::string> Address(std::string_view data, int family) {
  if (data.size() != (family == AF_INET ? 4u : 16u)) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text;
  inet_ntop(family, data.data(), text.data(), text.size());
  return text.data();
}

std::optional<std::string> Text(std::string_view data) {
  std::string text;
  while (!data.empty()) {
    const auto length = uint8_t(data[0]);
    if (length >= data.size()) return std::nullopt;
    text += data.substr(1, length);
    data.remove_prefix(1u + length);
  }
  return text;
}

std::optional<std::string> Value(std::string_view message, const Record& record, DnsType type) {
  switch (type) {
    case DnsType::kA:
      return Address(record.data, AF_INET);
    case DnsType::kAaaa:
      return Address(record.data, AF_INET6);
    case DnsType::kCname:
      return NameIn(message, record, 0);
    case DnsType::kMx:
      return record.data.size() < 3 ? std::nullopt : NameIn(message, record, 2);
    case DnsType::kTxt:
      return Text(record.data);
    case DnsType::kTlsa:
      return std::string(record.data);
  }
  return std::nullopt;
}

DnsAnswer Malformed() {
  return {DnsStatus::kTempError, {}, {}, "malformed answer"};
}

DnsAnswer Collect(std::string_view message, const std::vector<Record>& records,
                  const std::string& owner, DnsType type) {
  DnsAnswer answer{DnsStatus::kNoData, {}, {}, {}};
  for (const Record& record : records) {
    if (record.type != TypeCode(type) || record.owner != owner) continue;
    auto value = Value(message, record, type);
    if (!value) return Malformed();
    if (type == DnsType::kMx) {
      answer.preferences.push_back(Reader(message, record.data_at).Short());
    }
    answer.status = DnsStatus::kFound;
    answer.values.push_back(std::move(*value));
  }
  return answer;
}

}  // namespace

uint16_t TypeCode(DnsType type) {
  switch (type) {
    case DnsType::kA:
      return 1;
    case DnsType::kCname:
      return kCname;
    case DnsType::kMx:
      return 15;
    case DnsType::kTxt:
      return 16;
    case DnsType::kAaaa:
      return 28;
    case DnsType::kTlsa:
      return 52;
  }
  return 0;
}

std::string AnswerProblem(std::string_view message) {
  Reader reader(message);
  reader.Bytes(2);
  const uint16_t flags = reader.Short();
  if (reader.failed()) return "malformed answer";
  if ((flags & kIsResponse) == 0) return "a question came back in place of an answer";
  if ((flags & kOpcode) != 0) return "an answer to another kind of question";
  if ((flags & kIsTruncated) != 0) return "an answer that is cut short";
  const auto sections = ReadSections(message);
  if (!sections) return "malformed answer";
  if ((flags & kIsAuthoritative) == 0 && IsReferral(*sections)) {
    return "a referral to other servers; dns.servers have to be resolvers";
  }
  return {};
}

bool SaysAuthenticated(std::string_view message) {
  Reader reader(message);
  reader.Bytes(2);
  return (reader.Short() & kIsAuthenticated) != 0;
}

DnsAnswer ParseAnswer(std::string_view message, std::string_view name, DnsType type) {
  const auto sections = ReadSections(message);
  if (!sections) return Malformed();
  const std::vector<Record>& records = sections->answers;
  std::string owner = Lower(name);
  if (owner.ends_with('.')) owner.pop_back();
  for (int step = 0; step <= kMaxCnameSteps; ++step) {
    DnsAnswer answer = Collect(message, records, owner, type);
    if (step > 0 && answer.status == DnsStatus::kFound) answer.canonical = owner;
    if (answer.status != DnsStatus::kNoData || type == DnsType::kCname) return answer;
    DnsAnswer alias = Collect(message, records, owner, DnsType::kCname);
    if (alias.status != DnsStatus::kFound) return alias;
    owner = alias.values.front();
  }
  return {DnsStatus::kTempError, {}, {}, "CNAME loop"};
}

}  // namespace egd::dns
