#include "cli/checkpoint_fleet/fleet_simulation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

constexpr size_t kLatencies = 10'000;
constexpr absl::Duration kReportInterval = absl::Seconds(1);
constexpr absl::Duration kLate = absl::Milliseconds(500);

absl::Duration Percentile(std::vector<absl::Duration>& values, double part) {
  if (values.empty()) return absl::ZeroDuration();
  const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + rank, values.end());
  return values[static_cast<size_t>(rank)];
}

}  // namespace

FleetSimulation::FleetSimulation(const FleetSettings& settings, const StoreAddress& address,
                                 SSL_CTX* tls)
    : settings_(settings), traffic_(settings.devices) {
  for (size_t i = 0; i < settings.devices; ++i) {
    devices_.push_back(std::make_unique<SimulatedDevice>(settings.device, address, tls));
  }
}

FleetSimulation::~FleetSimulation() {
  for (std::thread& thread : threads_) thread.join();
}

void FleetSimulation::StartThreads(void (FleetSimulation::*loop)()) {
  const size_t count = std::min(settings_.awake, settings_.devices);
  {
    const absl::MutexLock lock(&mutex_);
    ending_ = false;
    running_ = count;
  }
  for (size_t i = 0; i < count; ++i) {
    threads_.emplace_back([this, loop] {
      (this->*loop)();
      const absl::MutexLock lock(&mutex_);
      --running_;
      changed_.SignalAll();
    });
  }
}

void FleetSimulation::EnrolLoop() {
  for (;;) {
    size_t device = 0;
    {
      const absl::MutexLock lock(&mutex_);
      if (ending_ || next_to_enrol_ == devices_.size()) return;
      device = next_to_enrol_++;
    }
    const absl::Status status =
        devices_[device]->Enrol(absl::StrCat(settings_.prefix, "-", device), settings_.token);
    const absl::MutexLock lock(&mutex_);
    enrolment_.Update(status);
    ending_ = ending_ || !status.ok();
    if (status.ok()) ++figures_.enrolled;
  }
}

absl::Status FleetSimulation::Enrol(const std::function<bool()>& cancelled) {
  StartThreads(&FleetSimulation::EnrolLoop);
  {
    const absl::MutexLock lock(&mutex_);
    while (running_ > 0) {
      changed_.WaitWithTimeout(&mutex_, absl::Milliseconds(100));
      if (cancelled()) ending_ = true;
    }
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  const absl::MutexLock lock(&mutex_);
  if (enrolment_.ok() && figures_.enrolled < devices_.size()) {
    return absl::CancelledError("interrupted");
  }
  return enrolment_;
}

bool FleetSimulation::Next(Due& due) {
  const absl::MutexLock lock(&mutex_);
  for (;;) {
    if (ending_) return false;
    const SteadyTime now = SteadyNow();
    if (!schedule_.empty() && schedule_.top().at <= now) {
      due = schedule_.top();
      schedule_.pop();
      if (now - due.at > kLate) ++figures_.late;
      return true;
    }
    // All may be awake: then the first that sleeps again says so.
    const absl::Duration wait =
        schedule_.empty() ? absl::Milliseconds(100) : schedule_.top().at - now;
    changed_.WaitWithTimeout(&mutex_, std::min(wait, absl::Milliseconds(100)));
  }
}

void FleetSimulation::CycleLoop() {
  Due due{};
  while (Next(due)) {
    const SteadyTime began = SteadyNow();
    const SimulatedDevice::Cycle cycle = devices_[due.device]->Run();
    Count(due.device, cycle, SteadyNow() - began);
    const absl::MutexLock lock(&mutex_);
    // Not before now: a fleet that cannot keep up must not run after its past.
    schedule_.push({std::max(due.at + settings_.device.interval, SteadyNow()), due.device});
  }
}

void FleetSimulation::Count(size_t device, const SimulatedDevice::Cycle& cycle,
                            absl::Duration took) {
  const SimulatedDevice& counted = *devices_[device];
  const absl::MutexLock lock(&mutex_);
  ++figures_.cycles;
  figures_.mismatched += cycle.mismatch ? 1 : 0;
  figures_.from_operator += cycle.from_operator ? 1 : 0;
  traffic_[device] = {counted.bytes_sent(), counted.bytes_received(), counted.resumed()};
  if (!cycle.failure.empty()) {
    ++figures_.failed;
    figures_.last_failure = cycle.failure;
    return;
  }
  if (latencies_.size() < kLatencies) {
    latencies_.push_back(took);
  } else {
    latencies_[figures_.cycles % kLatencies] = took;
  }
}

FleetFigures FleetSimulation::figures() const {
  FleetFigures figures;
  std::vector<absl::Duration> latencies;
  {
    const absl::MutexLock lock(&mutex_);
    figures = figures_;
    figures.elapsed = SteadyNow() - started_;
    for (const Traffic& traffic : traffic_) {
      figures.bytes_sent += traffic.sent;
      figures.bytes_received += traffic.received;
      figures.resumed += traffic.resumed;
    }
    latencies = latencies_;
  }
  figures.p50 = Percentile(latencies, 0.5);
  figures.p99 = Percentile(latencies, 0.99);
  return figures;
}

void FleetSimulation::Run(absl::Duration duration, const std::function<bool()>& cancelled,
                          const std::function<void(const FleetFigures&)>& report) {
  const SteadyTime start = SteadyNow();
  {
    const absl::MutexLock lock(&mutex_);
    started_ = start;
    schedule_ = {};
    // Evenly over the interval, as a fleet that was switched on by hand.
    for (size_t i = 0; i < devices_.size(); ++i) {
      const double part = static_cast<double>(i) / static_cast<double>(devices_.size());
      schedule_.push({start + settings_.device.interval * part, i});
    }
  }
  StartThreads(&FleetSimulation::CycleLoop);
  SteadyTime next_report = start + kReportInterval;
  while (SteadyNow() < start + duration && !cancelled()) {
    {
      const absl::MutexLock lock(&mutex_);
      changed_.WaitWithTimeout(&mutex_, absl::Milliseconds(50));
    }
    if (SteadyNow() < next_report) continue;
    report(figures());
    next_report = SteadyNow() + kReportInterval;
  }
  {
    const absl::MutexLock lock(&mutex_);
    ending_ = true;
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace understudy::cli
