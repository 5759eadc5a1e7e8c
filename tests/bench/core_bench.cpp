// What ClassifyReply makes of replies, and how fast: reads "stage TAB code TAB enhanced TAB text"
// lines (stage: mail, rcpt, data or empty) and prints "verdict TAB cause TAB rule TAB words" for
// each; then, on stderr, replies a second as one JSON line. For reply_bench.py.
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "daemon/core/reply_meaning.h"
#include "shared/base/strings.h"

namespace egd::core {
namespace {

ReplyStage StageNamed(std::string_view name) {
  if (name == "mail") return ReplyStage::kMail;
  if (name == "rcpt") return ReplyStage::kRcpt;
  return name == "data" ? ReplyStage::kContent : ReplyStage::kUnknown;
}

void Run() {
  size_t count = 0;
  std::chrono::duration<double> spent{};
  for (std::string line; std::getline(std::cin, line);) {
    auto fields = Split(line, '\t');
    fields.resize(4);
    const auto begin = std::chrono::steady_clock::now();
    const ReplyMeaning meaning = ClassifyReply(
        StageNamed(fields[0]), int(ParseInteger(fields[1]).value_or(0)), fields[2], fields[3]);
    spent += std::chrono::steady_clock::now() - begin;
    ++count;
    std::cout << Name(meaning.refused) << '\t' << meaning.cause << '\t' << meaning.rule << '\t'
              << Join(meaning.words, ", ") << '\n';
  }
  std::cerr << "{\"bench\": \"classify\", \"replies\": " << count
            << ", \"per_second\": " << size_t(double(count) / spent.count()) << "}\n";
}

}  // namespace
}  // namespace egd::core

int main() {
  egd::core::Run();
}
