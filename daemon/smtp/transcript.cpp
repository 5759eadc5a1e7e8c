#include "daemon/smtp/transcript.h"

#include "shared/base/strings.h"

namespace egd::smtp {
namespace {

constexpr size_t kMaxLine = 512;
constexpr size_t kMaxLines = 400;  // a transaction of 100 recipients has 205
constexpr std::string_view kCut = "= …\n";

}  // namespace

void Transcript::Ours(std::string_view commands) {
  for (const std::string_view line : Split(commands, '\n')) {
    if (!Trim(line).empty()) Add('>', Trim(line));
  }
}

void Transcript::Theirs(std::string_view reply) {
  Add('<', reply);
}

void Transcript::Remark(std::string_view text) {
  Add('=', text);
}

void Transcript::BeginTransaction() {
  if (!opening_) opening_ = lines_.size();
  lines_.resize(*opening_);
  recipient_.reset();
}

void Transcript::Add(char mark, std::string_view text) {
  if (lines_.size() >= kMaxLines) return;
  std::string line = {mark, ' '};
  line += Printable(text.substr(0, kMaxLine));
  lines_.push_back({recipient_, std::move(line) + '\n'});
}

std::string Transcript::Of(std::optional<size_t> recipient) const {
  std::string view;
  for (const Line& line : lines_) {
    if (line.recipient && line.recipient != recipient) continue;
    if (view.size() + line.text.size() + kCut.size() > kMaxBytes) return view.append(kCut);
    view += line.text;
  }
  return view;
}

}  // namespace egd::smtp
