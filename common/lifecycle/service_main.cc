#include "common/lifecycle/service_main.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/lifecycle/shutdown_signal.h"
#include "common/log/log.h"
#include "common/status/status.h"

namespace understudy::lifecycle {
namespace {

constexpr int kClean = 0;
constexpr int kFailed = 1;
constexpr int kBadConfiguration = 2;
// Beyond what the reader takes, so that it, not we, says what is wrong.
constexpr size_t kMaxFileBytes = (1 << 20) + 1;

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxFileBytes, '\0');
  // A directory can be opened, but not read.
  if (!file || (file.peek() == EOF && file.bad())) {
    return absl::NotFoundError("cannot read " + path + ": " + std::strerror(errno));
  }
  file.clear();
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  return text;
}

absl::StatusOr<Prepared> Prepare(const RunCommand& command,
                                 const std::function<Prepared(config::ConfigReader&)>& prepare) {
  absl::StatusOr<std::string> text = ReadFile(command.config_file);
  if (!text.ok()) return text.status();
  auto reader = config::ConfigReader::FromText(*text, command.config_file);
  for (const ConfigOverride& given : command.overrides) {
    reader.Override(given.key, given.value, given.flag);
  }
  Prepared prepared = prepare(reader);
  if (absl::Status status = reader.Finish(); !status.ok()) return status;
  return prepared;
}

int Run(const ServiceDescription& service, Prepared prepared, ShutdownSignal& signal) {
  const log::Logger log("lifecycle");
  auto running = prepared.start();
  if (!running.ok()) {
    log.Error("{} cannot start: {}", service.name, DescribeError(running.status()));
    return kFailed;
  }
  log.Info("{} {} is up", service.name, service.version);
  const int number = signal.Wait();
  log.Info("{} stops on {}", service.name, strsignal(number));
  StopSequence stop;
  (*running)->AddStopSteps(stop);
  // The destructor may hang as well as any other step.
  stop.Add("release", [&running] { running->reset(); });
  stop.Run();
  log.Info("{} has stopped", service.name);
  return kClean;
}

}  // namespace

int ServiceMain(const ServiceDescription& service, int argc, const char* const* argv,
                const std::function<Prepared(config::ConfigReader&)>& prepare) {
  // Debian's Abseil is a debug build in this: every lock, gRPC's included, would pass through one
  // graph of all locks of the process. Tests keep it.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const Command command = ParseCommandLine(service, argc, argv);
  if (const auto* print = std::get_if<PrintCommand>(&command)) {
    std::cout << print->text;
    return kClean;
  }
  if (const auto* bad = std::get_if<BadCommand>(&command)) {
    std::cerr << bad->text;
    return kBadConfiguration;
  }
  ShutdownSignal signal;
  absl::StatusOr<Prepared> prepared = Prepare(std::get<RunCommand>(command), prepare);
  if (!prepared.ok()) {
    std::cerr << prepared.status().message() << "\n";
    return kBadConfiguration;
  }
  log::Init(prepared->log);
  return Run(service, *std::move(prepared), signal);
}

}  // namespace understudy::lifecycle
