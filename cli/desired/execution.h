// Carries out a plan, change by change, and stops at the first that fails. What was done is done: a
// plan made afterwards has the rest.
#pragma once

#include <iosfwd>
#include <map>
#include <string>

#include "cli/desired/gateway.h"
#include "cli/desired/plan.h"
#include "cli/desired/secret_file.h"

namespace egd::cli {

// Where secrets come from and go to.
struct Secrets {
  std::map<std::string, std::string> passwords = {};  // of new users, by name; the others' are made
  std::string directory;                              // of the files for those that are made
};

class Execution {
 public:
  // `file`: the document's name. `text`: gets a line for each file with a new secret. `present`: for
  // the IDs of domains.
  Execution(const Console& console, Gateway& gateway, std::string file, Secrets secrets,
            std::ostream& text, const std::vector<Item>& present);

  // The exit status. Why a change failed has been said on standard error. `report`: the plan's JSON,
  // whose changes get Done and SecretFile.
  int Run(const Plan& plan, nlohmann::ordered_json& report);
  size_t done() const { return done_; }

 private:
  bool Carry(const Change& change, nlohmann::ordered_json& report);
  bool Create(const Item& item);
  bool CreateSecret(const Item& item, nlohmann::ordered_json& report);
  bool CreateUser(const Item& item, nlohmann::ordered_json& report);
  bool SetRest(const Item& item);
  bool Update(const Change& change);
  bool Delete(const Item& item);
  bool Carry(const SuppressionChange& change, nlohmann::ordered_json& report);
  std::optional<nlohmann::ordered_json> Created(const Item& item, nlohmann::ordered_json request);
  nlohmann::ordered_json Request(const Item& item) const;
  bool Keep(SecretFile& file, const std::string& secret, nlohmann::ordered_json& report);
  bool Refused(const std::string& why);
  std::string Place(const Change& change) const;
  std::string Place(const SuppressionChange& change) const;

  const Console& console_;
  Gateway& gateway_;
  const std::string file_;
  const Secrets secrets_;
  std::ostream& text_;
  std::map<std::pair<std::string, std::string>, int64_t> domains_;  // by owner and name
  size_t done_ = 0;
  int status_ = 0;  // of a failure that is not the gateway's
};

}  // namespace egd::cli
