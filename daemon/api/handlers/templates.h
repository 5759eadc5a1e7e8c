// useremailtemplate.* and useremailtemplates.get.
#pragma once

#include "daemon/api/handler.h"

namespace egd::service {
class Templates;
}

namespace egd::api {

// `templates` must outlive `handlers`.
void AddTemplateHandlers(Handlers& handlers, service::Templates& templates);

}  // namespace egd::api
