#include "daemon/service/sending/envelope.h"

#include <unordered_set>

#include "shared/base/strings.h"

namespace egd::service {
namespace {

constexpr size_t kMostHeaderText = 1000;  // bytes of To that events show

}  // namespace

std::string_view HostOf(std::string_view address) {
  return address.substr(address.rfind('@') + 1);
}

std::string Shown(const core::Mailbox& mailbox) {
  return mailbox.name.empty() ? mailbox.email : mailbox.name + " <" + mailbox.email + ">";
}

std::string Shown(const std::vector<core::Mailbox>& mailboxes) {
  std::string text;
  for (const auto& mailbox : mailboxes) {
    if (!text.empty()) text += ", ";
    if (text.size() > kMostHeaderText) return text + "…";
    text += Shown(mailbox);
  }
  return text;
}

std::vector<std::string> AddressesOf(const core::Draft& draft) {
  std::vector<std::string> addresses;
  for (const auto* mailboxes : {&draft.to, &draft.cc, &draft.bcc}) {
    for (const auto& mailbox : *mailboxes) addresses.push_back(mailbox.email);
  }
  return addresses;
}

std::vector<store::NewRecipient> EnvelopeRecipients(const std::vector<std::string>& addresses) {
  std::vector<store::NewRecipient> recipients;
  std::unordered_set<std::string> known;  // as suppressions are: without case
  for (const std::string& address : addresses) {
    if (!known.insert(Lower(address)).second) continue;
    recipients.push_back({address, std::string(HostOf(address))});
  }
  return recipients;
}

}  // namespace egd::service
