// E-mail templates of a user (contract section 8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/audience.h"
#include "daemon/store/store.h"
#include "shared/base/clock.h"
#include "shared/config/config.h"

namespace egd::service {

// What a template lacks for its content type.
enum class TemplateProblem { kNone, kHtmlMissing, kPlainMissing };
TemplateProblem Check(const core::EmailTemplate& email);

// Changes to a template; what is not set stays.
struct TemplateChange {
  std::optional<std::string> name, subject, html, plain;
  std::optional<core::TemplateContent> content;
};

// A template of another user is kNotFound, as one that is not there. Owned by Daemon. Thread-safe;
// blocks on the store and also returns its kUnavailable and kInternal.
class Templates {
 public:
  Templates(store::Store& store, const Clock& clock, const config::Config::Limits& limits = {})
      : store_(store), clock_(clock), limits_(limits) {}

  // Gives email.id and its times. The caller has Checked it. kForbidden: the user has too many.
  Result<int64_t> Create(core::EmailTemplate email);
  Result<core::EmailTemplate> Get(int64_t user_id, int64_t id);
  // Changes nothing when the outcome would have a problem, and then says which in `problem`.
  Result<core::EmailTemplate> Update(int64_t user_id, int64_t id, const TemplateChange& change,
                                     TemplateProblem& problem);
  Result<void> Delete(int64_t user_id, int64_t id);
  Result<std::vector<core::EmailTemplate>> List(int64_t user_id);  // oldest first, no contents

 private:
  store::Store& store_;
  const Clock& clock_;
  const config::Config::Limits limits_;
};

}  // namespace egd::service
