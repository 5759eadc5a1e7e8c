#include "daemon/api/handlers/subject.h"

#include <algorithm>
#include <chrono>
#include <memory>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"
#include "daemon/service/subject/subject_export.h"

namespace egd::api {
namespace {

using Json = nlohmann::ordered_json;
using catalogue::Cause;

// Below the minute in which clients expect an answer.
constexpr std::chrono::seconds kPatience{20};

Result<core::EmailAddress> AddressOf(const Call& call) {
  return core::ParseEmailAddress(Trim(call.arguments.String("EmailAddress")));
}

Json ErasureJson(const store::Erasure& erasure) {
  Json counts = Json::array();
  for (const store::ErasedCount& count : erasure.counts) {
    counts.push_back({{"Kind", count.kind}, {"Entries", count.entries}});
  }
  return {{"ErasureID", erasure.id},
          {"BegunAt", FormatDateTime(erasure.begun_at)},
          {"FinishedAt", TimeOrEmpty(erasure.finished_at)},
          {"Finished", erasure.finished_at != 0},
          {"Erased", std::move(counts)}};
}

int64_t CancelledOf(const store::Erasure& erasure) {
  const auto queued = std::ranges::find(erasure.counts, "queued", &store::ErasedCount::kind);
  return queued == erasure.counts.end() ? 0 : queued->entries;
}

Outcome Export(const SubjectServices& services, const Call& call) {
  const auto address = AddressOf(call);
  if (!address) return Fail(call, Cause::kEmailAddressInvalid);
  const auto made = std::make_shared<service::SubjectExport>(services.store, services.sessions,
                                                             services.clock, *address);
  return TextReply{"application/x-ndjson", [made]() -> Result<TextPiece> {
                     auto piece = made->Next();
                     if (!piece) return piece.error();
                     return TextPiece{std::move(piece->text), piece->last};
                   }};
}

Outcome Erase(const SubjectServices& services, const Call& call) {
  const auto address = AddressOf(call);
  if (!address) return Fail(call, Cause::kEmailAddressInvalid);
  const auto erasure = services.erasures.Erase(*address, kPatience);
  if (!erasure) return Fail(call, erasure.error());
  return Json{{"Erasure", ErasureJson(*erasure)}, {"CancelledCount", CancelledOf(*erasure)}};
}

Outcome List(const SubjectServices& services, const Call& call) {
  const auto page = services.erasures.List(call.arguments.Integer("StartFrom"),
                                           call.arguments.Integer("RetrieveCount"));
  if (!page) return Fail(call, page.error());
  Json list = Json::array();
  for (const store::Erasure& erasure : page->erasures) list.push_back(ErasureJson(erasure));
  return Json{{"TotalRecords", page->total}, {"Erasures", std::move(list)}};
}

}  // namespace

void AddSubjectHandlers(Handlers& handlers, SubjectServices services) {
  using Answer = Outcome (*)(const SubjectServices&, const Call&);
  const auto bind = [&](const char* name, Answer answer) {
    handlers.emplace(name, [services, answer](const Call& call) { return answer(services, call); });
  };
  bind("subject.export", Export);
  bind("subject.erase", Erase);
  bind("subject.erasures", List);
}

}  // namespace egd::api
