// A domain as verifydomain found it: its records with expected and found values. Pure.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace egd::cli {

struct CheckedRecord {
  std::string purpose, type, host, expected;
  std::string status;          // pass, fail, temperror or unchecked
  std::string found, error;    // may be empty
  std::string authority = {};  // what the domain's own servers say, when it is something else

  bool Passes() const { return status == "pass"; }
  std::string Name() const;    // "SPF TXT example.com"
  std::string Reason() const;  // 'expected "…", found "…": why'; empty when it passes
};

struct CheckedDomain {
  std::string name;
  std::vector<CheckedRecord> records;
  nlohmann::ordered_json body = {};  // the whole answer
  std::string raw = {};

  bool Passes() const;
};

// What the answer says; what it lacks is empty.
CheckedDomain CheckedDomainOf(const nlohmann::ordered_json& body);

// How many records of all domains there are, and how many have this status.
size_t CountRecords(const std::vector<CheckedDomain>& domains);
size_t CountRecords(const std::vector<CheckedDomain>& domains, const std::string& status);

}  // namespace egd::cli
