#include "daemon/api/handlers/operation.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "daemon/api/handlers/bind.h"

namespace egd::api {
namespace {

using service::Backups;

Outcome Backup(Backups& backups, const Call& call) {
  const auto begun = backups.Begin();
  if (!begun && begun.error().kind == ErrorKind::kConflict) return Fail(call, 1);
  if (!begun) return Fail(call, begun.error());
  return TextReply{"application/zstd", [backup = *begun]() -> Result<TextPiece> {
                     auto piece = backup->Next();
                     if (!piece) return piece.error();
                     return TextPiece{std::move(piece->bytes), piece->last};
                   }};
}

}  // namespace

void AddOperationHandlers(Handlers& handlers, Backups& backups) {
  // The copy of the database may take long: nobody else's thread.
  BindWaiting(handlers, backups, "backup", Backup);
}

}  // namespace egd::api
