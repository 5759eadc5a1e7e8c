// What `egctl doctor` has gathered of this machine. The checks look at nothing else, so that a test
// writes the machine down.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "shared/config/load.h"

namespace egd::cli {

// A value, or why it could not be had.
template <typename T>
struct Fact {
  std::optional<T> value = {};
  std::string why_not = "it was not looked at";

  explicit operator bool() const { return value.has_value(); }
  const T& operator*() const { return *value; }
  const T* operator->() const { return &*value; }
};

template <typename T>
Fact<T> Known(T value) {
  return {std::move(value), {}};
}

struct FileFacts {
  std::string path;
  bool directory = false;
  uint32_t mode = 0;  // permission bits
  uint32_t owner = 0, group = 0;
};

// A file with a secret; an operator's own may be read by a group (ssl-cert), never by others.
struct FoundSecret {
  std::string path;
  bool group_may_read = false;
  Fact<FileFacts> file = {};
};

struct CertificateFacts {
  std::string section;          // "smtp": of smtp.tls_certificate
  std::string file, key_file;   // paths
  std::string host;             // that clients verify; empty: any
  std::string problem = {};     // why a file is not usable; the rest is then empty
  std::string unreadable = {};  // why it could not be looked at
  bool key_fits = false;
  int64_t not_before = 0, not_after = 0;  // Unix seconds
  std::vector<std::string> names = {};    // DNS names, else the common name
};

struct ListenerFacts {
  std::string option, address;  // "smtp.listen", "0.0.0.0:25"
  Fact<bool> taken = {};        // somebody listens
  std::string program = {};     // whose it is; empty: cannot be seen
};

struct ResolverFacts {
  std::string address;
  bool answers = false, edns = false, validates = false;
};

using Names = Fact<std::vector<std::string>>;

struct SendingAddress {
  std::string address;
  Names names = {};                           // PTR
  std::map<std::string, Names> forward = {};  // the addresses of each
  Names listings = {};                        // what blocklists answer; with --blocklists
};

struct DiskFacts {
  uint64_t free_bytes = 0, bytes = 0, free_files = 0, files = 0;
};

struct Facts {
  std::string config_path;  // empty: defaults
  config::Loaded loaded = {};
  Fact<FileFacts> config_file = {};

  Fact<FileFacts> data_dir = {};
  bool data_dir_is_missing = false;
  Fact<std::vector<FileFacts>> data_files = {};  // right below the data directory
  std::vector<FoundSecret> secrets = {};
  std::vector<CertificateFacts> certificates = {};
  std::map<std::string, bool> ca_files = {};  // path → it is there

  std::vector<ListenerFacts> listeners = {};
  Fact<nlohmann::ordered_json> status = {};  // of the daemon; why_not: also refusals
  bool daemon_away = true;
  Fact<uint64_t> open_files = {};  // the daemon's limit

  Fact<DiskFacts> disk = {};
  Fact<uint64_t> memory_bytes = {};  // the machine's
  Fact<bool> clock_synchronised = {};
  int64_t now = 0;  // Unix seconds

  std::vector<ResolverFacts> resolvers = {};
  std::string address_option = {};  // --address
  Names hello_addresses = {};
  std::vector<std::string> own_addresses = {};  // public ones of this machine
  std::vector<SendingAddress> sending = {};
  Names spf_texts = {}, mfrom_mx = {}, mfrom_addresses = {}, tracking_addresses = {};
  Fact<int> tls_check_status = {};  // HTTP status of /internal/tls-check

  Fact<int64_t> backup_at = {};     // Unix seconds
  Fact<std::string> unit = {};      // with its drop-ins
  Fact<std::string> smtp_out = {};  // empty: greeted; else what went wrong
};

}  // namespace egd::cli
