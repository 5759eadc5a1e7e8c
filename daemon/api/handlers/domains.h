// emailgateway.adddomain, getdomain, getdomains, updatedomain, verifydomain, rotatedkim,
// cleardomainqueue and deletedomain.
#pragma once

#include "daemon/api/handler.h"
#include "daemon/core/domain.h"

namespace egd::service {
class DkimRotation;
class Domains;
class VerifyDomain;
}  // namespace egd::service

namespace egd::api {

// The Domain object of every reply.
nlohmann::ordered_json DomainJson(const core::SenderDomain& domain);

// {host: [type, expected, passed]}. A host that has several records has one entry each:
// "example.com", "example.com#2", …, in the order of the domain's records.
nlohmann::ordered_json VerificationJson(const core::SenderDomain& domain);

// The services must outlive `handlers`.
void AddDomainHandlers(Handlers& handlers, service::Domains& domains, service::VerifyDomain& verify,
                       service::DkimRotation& rotation);

}  // namespace egd::api
