// Reads each mail named on standard input, a path a line, as service/inbound does, and prints what
// it is: a JSON object a line, at last one with the CPU time. notice_score.py compares it with a
// truth table.
#include <algorithm>
#include <ctime>
#include <fstream>
#include <iostream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "daemon/mime/dsn_reader.h"
#include "daemon/mime/feedback_reader.h"

using namespace egd;
using Json = nlohmann::ordered_json;

namespace {

double CpuMicros() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) * 1e6 + double(now.tv_nsec) / 1e3;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

// A body without its header, as some collections keep them: what a mail system would put before it.
std::string WithHeader(std::string mail) {
  std::string lines = mail.substr(0, 65536);
  if (lines.find('\n') == std::string::npos) std::ranges::replace(lines, '\r', '\n');
  std::erase(lines, '\r');
  const auto fields = mime::ReadFields(lines);
  for (const char* name : {"from", "received", "content-type", "return-path", "subject"}) {
    if (mail.starts_with("From ") || !mime::FieldOf(fields, name).empty()) return mail;
  }
  return "From: MAILER-DAEMON\nSubject: Undelivered Mail Returned to Sender\n\n" + mail;
}

Json RecipientJson(const mime::FailedRecipient& recipient) {
  return {{"address", recipient.address},  {"original", recipient.original},
          {"status", recipient.status},    {"code", recipient.code},
          {"reason", recipient.reason},    {"hard", recipient.hard},
          {"response", recipient.response}};
}

void Print(const Json& json) {
  std::cout << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace

int main() {
  double micros = 0;
  size_t mails = 0;
  for (std::string path; std::getline(std::cin, path); ++mails) {
    const std::string mail = WithHeader(ReadFile(path));
    const double start = CpuMicros();
    const mime::Report report = mime::TakeApart(mail);
    const auto feedback = mime::ReadFeedback(report);
    const mime::Notice notice = feedback ? mime::Notice() : mime::ReadNotice(report);
    micros += CpuMicros() - start;
    Json json = {{"file", path}, {"kind", feedback ? "feedback" : mime::Name(notice.kind)}};
    if (feedback) json["type"] = feedback->type;
    json["recipients"] = Json::array();
    for (const auto& recipient : notice.recipients) {
      json["recipients"].push_back(RecipientJson(recipient));
    }
    if (feedback) {
      for (const auto& address : feedback->recipients) {
        json["recipients"].push_back({{"address", address}});
      }
    }
    Print(json);
  }
  Print({{"mails", mails}, {"cpu_us_a_mail", mails == 0 ? 0.0 : micros / double(mails)}});
}
