// How a sender domain's DKIM keys replace each other. Policy:
//
//   One RSA key is active at any time: the main key. Its record is required for the domain to be
//   Enabled; those of other keys never are.
//   A pending key becomes active in the round that sees all its records pass. The active key of its
//   algorithm retires at that moment, and is deleted with its records when the grace has expired.
//   An active ed25519 key whose record is found missing is pending again: a second signature that
//   nobody can verify is of no use.
//
// Pure, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/core/domain.h"
#include "shared/base/clock.h"

namespace egd::core {

// Returns null if the domain has none yet.
const DkimKey* MainDkimKey(const SenderDomain& domain);
const DkimKey* PendingDkimKey(const SenderDomain& domain, DkimAlgorithm algorithm);

// Those that sign. RSA first, since some verifiers look at the first signature only.
std::vector<DkimKey> ActiveDkimKeys(const SenderDomain& domain);

// A pending key without its material, to be looked for at once. Its selector tells the month, which
// is enough to see how old a key is: "eg202611", for ed25519 "ed202611", then "eg202611-2" and so
// on. It counts on from those that the domain has, since resolvers may still know a deleted key's
// record.
DkimKey NextDkimKey(const SenderDomain& domain, DkimAlgorithm algorithm, UnixMillis now);

// Whether the domain has to have the record to be Enabled.
bool IsRequired(const SenderDomain& domain, const DnsRecord& record);

// Draws the consequences of the records' verdicts, and of time, for the keys. False: there were
// none.
bool AdvanceDkimKeys(SenderDomain& domain, UnixMillis now, UnixMillis grace);

// Takes an algorithm out of use: its active keys retire, its pending ones are deleted with their
// records.
void WithdrawDkimKeys(SenderDomain& domain, DkimAlgorithm algorithm, UnixMillis now,
                      UnixMillis grace);

// When a pending key's record is looked for again: at every tick of the background check, a minute,
// in the first hour, when somebody is likely to sit and wait for it; each quarter of an hour in the
// first three days, in which most records are published; daily from then on, so that rotations that
// were forgotten cost no more than other domains.
UnixMillis NextLook(const DkimKey& key, UnixMillis now);

}  // namespace egd::core
