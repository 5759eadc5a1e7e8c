#include "daemon/service/subject/subject_export.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/core/event.h"
#include "daemon/service/sending/draft_codec.h"

namespace egd::service {
namespace {

using Json = nlohmann::ordered_json;
using store::SubjectForm;
using store::SubjectUse;

constexpr size_t kMostSessions = SmtpSessions::kMost;

// Contents are in whatever encoding their sender chose.
std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json ValueOf(const store::SubjectColumn& column, const store::SubjectCell& cell) {
  switch (column.form) {
    case SubjectForm::kInteger:
      return cell.number;
    case SubjectForm::kTime:
      return cell.number == 0 ? "" : FormatDateTime(cell.number);
    case SubjectForm::kEventType:
      return core::Name(static_cast<core::EventType>(cell.number));
    case SubjectForm::kUuid: {
      const auto id = Uuid::FromBytes(cell.bytes);
      return id ? id->ToString() : "";
    }
    case SubjectForm::kWords:
    case SubjectForm::kBytes:
      return cell.bytes;
  }
  return nullptr;
}

void AddMailboxes(Json& list, const char* field, const std::vector<core::Mailbox>& mailboxes,
                  const core::AddressFinder& finder) {
  for (const core::Mailbox& mailbox : mailboxes) {
    if (!finder.Is(mailbox.email)) continue;
    list.push_back({{"Field", field}, {"Name", mailbox.name}, {"EmailAddress", mailbox.email}});
  }
}

// Of a draft, what its recipient would read, and where the address is; other recipients are theirs.
void AddContent(Json& json, const std::string& bytes, core::ContentKind kind,
                const core::AddressFinder& finder) {
  const auto draft = kind == core::ContentKind::kDraft ? DecodeDraft(bytes)
                                                       : Result<core::Draft>(NotFound("it is raw"));
  if (!draft) {
    json["Content"] = bytes;
    return;
  }
  Json mailboxes = Json::array(), attachments = Json::array();
  AddMailboxes(mailboxes, "From", {draft->from}, finder);
  AddMailboxes(mailboxes, "To", draft->to, finder);
  AddMailboxes(mailboxes, "CC", draft->cc, finder);
  AddMailboxes(mailboxes, "BCC", draft->bcc, finder);
  AddMailboxes(mailboxes, "ReplyTo", draft->reply_to, finder);
  for (const core::Attachment& attachment : draft->attachments) {
    attachments.push_back(attachment.filename);
  }
  json["Mailboxes"] = std::move(mailboxes);
  json["Subject"] = draft->subject;
  json["HTMLContent"] = draft->html;
  json["PlainContent"] = draft->plain;
  json["Attachments"] = std::move(attachments);
}

Json JsonOf(const store::SubjectTable& table, const store::SubjectRow& row,
            const core::AddressFinder& finder) {
  Json json = {{"Kind", table.kind}};
  const bool is_content = table.erasure == store::SubjectErasure::kContent;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const store::SubjectColumn& column = table.columns[i];
    if (column.use == SubjectUse::kHidden || (is_content && column.form == SubjectForm::kBytes)) {
      continue;
    }
    json[std::string(column.name)] = ValueOf(column, row.cells[i]);
  }
  if (is_content) {
    AddContent(json, row.cells[1].bytes, static_cast<core::ContentKind>(row.cells.back().number),
               finder);
  }
  return json;
}

}  // namespace

void SubjectExport::AddSessions(std::string& text) {
  for (const core::SmtpSession& session : sessions_.ListAll(kMostSessions)) {
    if (!finder_.IsIn(session.dialogue) && !finder_.IsIn(session.reason)) continue;
    ++entries_["smtp_session"];
    text += Line({{"Kind", "smtp_session"},
                  {"At", FormatDateTime(session.at)},
                  {"DomainID", session.domain_id},
                  {"IPAddress", session.client_address},
                  {"Reason", session.reason},
                  {"Dialogue", session.dialogue}});
  }
}

Result<SubjectExport::Piece> SubjectExport::Next() {
  Piece piece;
  if (!std::exchange(begun_, true)) {
    piece.text = Line({{"Kind", "subject"},
                       {"EmailAddress", finder_.address()},
                       {"ExportedAt", FormatDateTime(clock_.Now())}});
    return piece;
  }
  const auto& tables = store::SubjectTables();
  while (piece.text.empty() && table_ < tables.size()) {
    const store::SubjectTable& table = tables[table_];
    auto page = store_.Read([&](store::Connection& connection) {
      return store::SubjectStore(connection).Read(table, finder_, after_);
    });
    if (!page) return page.error();
    for (const store::SubjectRow& row : page->rows) {
      ++entries_[std::string(table.kind)];
      piece.text += Line(JsonOf(table, row, finder_));
    }
    after_ = std::move(page->last);
    if (after_.empty()) ++table_;
  }
  if (table_ < tables.size()) return piece;
  AddSessions(piece.text);
  Json entries = Json::object();
  for (const auto& [kind, count] : entries_) entries[kind] = count;
  piece.text += Line({{"Kind", "end"}, {"Entries", std::move(entries)}});
  piece.last = true;
  return piece;
}

}  // namespace egd::service
