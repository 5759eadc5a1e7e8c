#include "shared/mailrecord/dmarc_record.h"

#include "shared/base/strings.h"
#include "shared/mailrecord/tag_list.h"

namespace egd::mailrecord {
namespace {

bool IsPolicy(std::string_view word) {
  return EqualsIgnoreCase(word, "none") || EqualsIgnoreCase(word, "quarantine") ||
         EqualsIgnoreCase(word, "reject");
}

}  // namespace

bool IsDmarcRecord(std::string_view text) {
  const std::string_view first = text.substr(0, text.find(';'));
  const size_t equals = first.find('=');
  return equals != std::string_view::npos && Trim(first.substr(0, equals)) == "v" &&
         Trim(first.substr(equals + 1)) == "DMARC1";
}

std::string CheckDmarcRecord(std::string_view text) {
  const auto list = ParseTagList(text);
  if (!list) return "is malformed";
  const std::string* policy = list->Find("p");
  if (!policy) return "has no p= tag";
  if (!IsPolicy(*policy)) return "has a p= tag that is not none, quarantine or reject";
  const std::string* below = list->Find("sp");
  if (below && !IsPolicy(*below)) return "has an sp= tag that is not none, quarantine or reject";
  return {};
}

}  // namespace egd::mailrecord
