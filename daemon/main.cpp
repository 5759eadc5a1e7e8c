// egd: reads flags and configuration, runs a Daemon until it is told to stop. Exit codes: 0 done, 1
// it cannot start or the configuration is wrong, 2 wrong usage.
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "daemon/daemon.h"
#include "daemon/process.h"
#include "daemon/service/backup/restore.h"
#include "daemon/store/store_check.h"
#include "daemon/store/upgrade.h"
#include "daemon/watchdog.h"
#include "shared/base/clock.h"
#include "shared/base/log.h"
#include "shared/base/version.h"
#include "shared/config/descriptors.h"
#include "shared/config/load.h"
#include "shared/config/render.h"

namespace egd {
namespace {

constexpr int kDone = 0, kFailed = 1, kUsage = 2;
constexpr char kDefaultConfig[] = "/etc/egd/egd.toml";

struct Flags {
  std::string config;  // empty: the default file, when there is one
  bool check_config = false;
  bool print_config = false;
  bool check = false;
  bool check_upgrade = false;
  std::string restore;   // the backup
  std::string data_dir;  // empty: the configuration's
};

std::string ConfigPath(const Flags& flags) {
  if (!flags.config.empty()) return flags.config;
  return std::filesystem::exists(kDefaultConfig) ? kDefaultConfig : "";
}

int Complain(const std::vector<std::string>& problems) {
  for (const auto& problem : problems) std::cerr << "egd: " << problem << "\n";
  return kFailed;
}

int Complain(const Error& error) {
  return Complain(
      {error.detail.empty() ? error.public_text : error.public_text + ": " + error.detail});
}

// What was asked for and could not be written is not done.
int Flushed() {
  if (std::cout.flush()) return kDone;
  return Complain({"cannot write to standard output"});
}

void Reload(Daemon& daemon, const std::string& path) {
  const config::Loaded loaded = config::Load(path, config::ProcessEnvironment());
  for (const auto& problem : loaded.problems) log::Error("not reloaded", {{"problem", problem}});
  if (loaded.problems.empty()) daemon.Reload(loaded.config);
}

std::unique_ptr<Watchdog> MakeWatchdog(Daemon& daemon) {
  const auto time = WatchdogTime();
  if (!time) return nullptr;
  return std::make_unique<Watchdog>(
      *time, [&daemon](std::function<void()> pong) { daemon.Ping(std::move(pong)); });
}

int Run(const config::Config& config, const std::string& path) {
  PrepareProcess();
  SteeringSignals signals;
  log::Background background_log;  // after the signals: its thread must not take them
  auto daemon = Daemon::Start(config);
  if (!daemon) return Complain(daemon.error());
  ReturnFreeMemory();
  auto watchdog = MakeWatchdog(**daemon);
  NotifySupervisor("READY=1");
  while (signals.Wait() == SteeringSignals::Order::kReload) {
    NotifyReloading();
    Reload(**daemon, path);
    NotifySupervisor("READY=1");
  }
  NotifySupervisor("STOPPING=1");
  signals.LetTheNextOneKill();
  watchdog.reset();  // who stops has a deadline of its own
  (*daemon)->Interrupt();
  (*daemon)->Join();
  return kDone;
}

int Check(const std::string& data_dir) {
  const auto check = store::CheckStore(data_dir);
  if (!check) return Complain(check.error());
  if (!check->violations.empty()) return Complain(check->violations);
  std::cout << data_dir << " is sound: " << check->messages << " messages, " << check->queued
            << " queued recipients, " << check->events << " events.\n";
  return Flushed();
}

int CheckUpgrade(const std::string& data_dir) {
  const auto found = store::CheckUpgrade(data_dir);
  if (!found) return Complain(found.error());
  const auto [from, to] = found->steps;
  if (from == to) {
    std::cout << data_dir << " has schema " << to << " already: there is nothing to upgrade.\n";
    return Flushed();
  }
  if (!found->check.violations.empty()) return Complain(found->check.violations);
  std::cout << data_dir << " would be upgraded from schema " << from << " to " << to << ".\n"
            << "Copy kept first: " << found->copy << ", " << found->copy_bytes << " bytes.\n"
            << "Disk: " << found->needed_bytes << " bytes needed, " << found->free_bytes
            << " free.\n"
            << "Tried on a copy: " << found->took.count()
            << " ms, then sound: " << found->check.messages << " messages, " << found->check.queued
            << " queued recipients, " << found->check.events << " events.\n";
  return Flushed();
}

int Restore(const std::string& file, const std::string& data_dir) {
  const auto restored = service::Restore(file, data_dir);
  if (!restored) return Complain(restored.error());
  std::cout << "Restored into " << data_dir << " what egd " << restored->version << " backed up at "
            << FormatDateTime(restored->created_at * 1000) << " UTC: " << restored->messages
            << " messages, " << restored->queued << " queued recipients, " << restored->events
            << " events.\n";
  return Flushed();
}

int Main(const Flags& flags) {
  const bool looks = flags.check || flags.check_upgrade;
  if (!flags.data_dir.empty() && !looks && flags.restore.empty()) {
    std::cerr << "egd: --data-dir goes with --check, --check-upgrade or --restore\n";
    return kUsage;
  }
  const std::string path = ConfigPath(flags);
  const config::Loaded loaded = config::Load(path, config::ProcessEnvironment());
  for (const auto& warning : loaded.warnings) std::cerr << "egd: warning: " << warning << "\n";
  if (!loaded.problems.empty()) return Complain(loaded.problems);
  if (flags.check_config) {
    std::cout << (path.empty() ? "The default configuration" : path) << " is fine.\n";
    return Flushed();
  }
  if (flags.print_config) {
    std::cout << config::RenderEffective(loaded.config);
    return Flushed();
  }
  const std::string& data_dir = flags.data_dir.empty() ? loaded.config.data_dir : flags.data_dir;
  if (flags.check) return Check(data_dir);
  if (flags.check_upgrade) return CheckUpgrade(data_dir);
  if (!flags.restore.empty()) return Restore(flags.restore, data_dir);
  log::Configure(loaded.config.log.level, loaded.config.log.format);
  return Run(loaded.config, path);
}

}  // namespace
}  // namespace egd

int main(int argc, char** argv) {
  egd::config::OpenMissingDescriptors();
  CLI::App app("egd, the email gateway daemon.\n\nManuals: egd(8), egd.toml(5).", "egd");
  egd::Flags flags;
  app.add_option(
         "--config", flags.config,
         std::string("Configuration file (default: ") + egd::kDefaultConfig + ", when it is there)")
      ->type_name("FILE");
  app.add_flag("--check-config", flags.check_config, "Check the configuration and exit");
  app.add_flag("--print-config", flags.print_config, "Print the effective configuration and exit");
  auto* check = app.add_flag(
      "--check", flags.check,
      "Check that the data directory holds what egd promises, also while egd runs on it, and exit");
  auto* check_upgrade = app.add_flag(
      "--check-upgrade", flags.check_upgrade,
      "Try on a copy what this egd would make of an older one's data directory, and exit");
  check_upgrade->excludes(check);
  app.add_option("--restore", flags.restore,
                 "Make a data directory of a backup (egctl backup; - for standard "
                 "input), check it, and exit")
      ->type_name("FILE")
      ->excludes(check)
      ->excludes(check_upgrade);
  app.add_option("--data-dir", flags.data_dir,
                 "With --check, --check-upgrade or --restore: the data directory (default: the "
                 "configuration's)")
      ->type_name("DIR");
  app.set_version_flag("--version", "egd " + std::string(egd::Version()));
  app.get_option("--help")->description("Print this help and exit");
  app.get_option("--version")->description("Print the version and exit");
  try {
    app.parse(argc, argv);
    return egd::Main(flags);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? egd::Flushed() : egd::kUsage;
  } catch (const std::exception& error) {
    return egd::Complain({error.what()});
  }
}
