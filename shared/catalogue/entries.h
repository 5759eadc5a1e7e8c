// The catalogue's data, a function a noun, and the few declarations that several nouns share.
// Private to this room.
#pragma once

#include <string_view>
#include <vector>

#include "shared/catalogue/command.h"

namespace egd::catalogue {

std::vector<Command> AccountEntries();
std::vector<Command> BulkEntries();
std::vector<Command> CapturedEntries();
std::vector<Command> DeliveryEntries();
std::vector<Command> DomainEntries();
std::vector<Command> EmailEntries();
std::vector<Command> EventEntries();
std::vector<Command> InboundEntries();
std::vector<Command> JourneyEntries();
std::vector<Command> KeyEntries();
std::vector<Command> ListEntries();
std::vector<Command> OperationEntries();
std::vector<Command> RelayEntries();
std::vector<Command> ReportEntries();
std::vector<Command> SmtpEntries();
std::vector<Command> StatisticsEntries();
std::vector<Command> SubjectEntries();
std::vector<Command> SuppressionEntries();
std::vector<Command> TemplateEntries();
std::vector<Command> TrackingEntries();
std::vector<Command> WebhookDeliveryEntries();
std::vector<Command> WebhookEntries();

// How an event may be called: both words of each are taken everywhere; each API documents its own.
// The daemon's core/event.h maps each to its event.
const std::vector<std::string_view>& EventWords();

// What an event has in getevents' form.
std::vector<Field> UserEventFields();

// The required DomainID parameter with its "missing" code.
Param DomainId(int missing_code = 1);

// `fields` below `parent`: "Domain" and "Status" become "Domain.Status". The parent itself is not
// added.
std::vector<Field> Under(std::string_view parent, const std::vector<Field>& fields);

std::vector<Field> Concat(std::vector<Field> fields, const std::vector<Field>& more);

}  // namespace egd::catalogue
