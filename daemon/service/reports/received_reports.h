// Takes reports of others into the books, each once by its organisation, ID and domain, in the
// caller's commit.
//  - A DMARC report counts for the sender domain of ours that the From was in; a TLS report for the
//    domain of ours, or host of the gateway, whose mail was to be received. What is about others is
//    left out; a report that has nothing about ours is not understood.
//  - The day is the UTC day that the report begins in.
// Reports are not authenticated: anybody may send any to the address that the DNS names.
#pragma once

#include "daemon/service/inbound/inbound_addresses.h"
#include "daemon/service/reports/report_reading.h"
#include "daemon/store/inbound_store.h"
#include "daemon/store/report_store.h"
#include "shared/base/clock.h"

namespace egd::service {

// Of all reports kept: 300 bytes each. Beyond that the oldest go.
constexpr int64_t kMostReportRows = 500'000;
// How long our own connections are counted for: a few rows a recipient domain and day.
constexpr UnixMillis kSessionMillis = 35 * kDayMillis;

// Says in `mail` what became of it. Throws on database failure only.
void RecordReport(store::Transaction& transaction, const InboundAddresses& addresses,
                  const ReceivedReportContent& report, UnixMillis now, store::InboundMail& mail);

}  // namespace egd::service
