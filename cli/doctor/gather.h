// Gathers the facts that doctor's checks look at. Blocks on files, the daemon, and the DNS; asks
// nobody but egd on this machine and the configured resolvers, unless an option says so.
#pragma once

#include <string>

#include "cli/console.h"
#include "cli/doctor/facts.h"
#include "cli/words.h"

namespace egd::cli {

struct GatherOptions {
  std::string config_path;  // empty: the default file, when it is there
  bool online = false, blocklists = false;
  std::string address, backup, unit;  // as given; may be empty
};

Facts Gather(const Console& console, const Words& words, const GatherOptions& options);

// Its parts, each for what the configuration says.
void GatherFiles(const GatherOptions& options, Facts& facts);
void GatherCertificates(Facts& facts);
void GatherMachine(const GatherOptions& options, Facts& facts);
void GatherDaemon(const Console& console, const Words& words, Facts& facts);
void GatherListeners(Facts& facts);
void GatherDns(const GatherOptions& options, Facts& facts);

// The file's permission bits and owner; `follow`: of what a symbolic link leads to.
Fact<FileFacts> StatFile(const std::string& path, bool follow);

// Sockets that listen, as /proc/net/tcp and tcp6 list them (proc_net(5)). Pure.
struct ListeningSocket {
  std::string address;  // "0.0.0.0:25", "[::]:25"
  std::string inode;
};
std::vector<ListeningSocket> ListeningSockets(const std::string& table);
// Whether a listener at `found` is in the way of one at `wanted`. Pure.
bool Collides(const std::string& found, const std::string& wanted);

}  // namespace egd::cli
