#include "services/station_agent/self_watch.h"

#include <algorithm>
#include <utility>

#include "services/station_agent/runtime/sync/offload.h"

namespace understudy::station_agent {
namespace {

// In one report.
constexpr size_t kMaxChildren = 1024;

// How often the native process's heartbeat is looked at while it is attached.
constexpr absl::Duration kHeartbeatInterval = absl::Milliseconds(250);
// A disk fills more slowly than memory does, and asking it costs a helper thread's wake-up.
constexpr absl::Duration kDiskInterval = absl::Seconds(5);

}  // namespace

SelfWatch::SelfWatch(Parts parts, const HealthLimitsOptions& limits, absl::Duration interval,
                     OnChange on_change)
    : parts_(std::move(parts)),
      interval_(interval),
      on_change_(std::move(on_change)),
      limits_(limits, parts_.clock.SteadyNow()) {}

void SelfWatch::Start() {
  parts_.runtime.Spawn([this] { MeasureNowAndAgain(); }, {.name = "self-measurement"});
  parts_.runtime.Spawn([this] { MeasureDiskNowAndAgain(); }, {.name = "disk-measurement"});
}

void SelfWatch::MeasureNowAndAgain() {
  do {
    const SystemProbe::Figures figures = probe_.Look(parts_.link.NativePid());
    parts_.executor->Post([this, figures] { OnFigures(figures); });
  } while (runtime::PauseFor(interval_));
}

void SelfWatch::MeasureDiskNowAndAgain() {
  do {
    // A sick disk may take its time to say how full it is; the look may outlive the watch.
    const auto used =
        runtime::Offload([directory = parts_.state_directory] { return DiskUsed(directory); });
    if (used.ok()) parts_.executor->Post([this, full = *used] { OnDiskUsed(full); });
  } while (runtime::PauseFor(std::max(interval_, kDiskInterval)));
}

void SelfWatch::OnFigures(const SystemProbe::Figures& figures) {
  sampled_ = true;
  sample_.cpu_used = figures.cpu_used;
  sample_.memory_used = figures.memory_used;
  sample_.native_resident_bytes = figures.resident_bytes;
  parts_.metrics.cpu_used.Set(figures.cpu_used);
  parts_.metrics.memory_used.Set(figures.memory_used);
  Judge();
}

void SelfWatch::OnDiskUsed(double used) {
  sample_.disk_used = used;
  parts_.metrics.disk_used.Set(used);
  if (sampled_) Judge();
}

void SelfWatch::Judge() {
  const uint64_t memory =
      std::max(sample_.native_reported_memory_bytes, sample_.native_resident_bytes);
  parts_.metrics.native_memory.Set(static_cast<double>(memory));
  ShowFaults(limits_.OnSample(parts_.clock.SteadyNow(), sample_));
}

void SelfWatch::ShowFaults(bool changed) {
  if (!changed) return;
  parts_.metrics.faults.Set(static_cast<double>(limits_.Faults().size()));
  on_change_();
}

// Wakes the executor only when the native process is silent, or was until now.
void SelfWatch::LookAtHeartbeatNowAndAgain(uint32_t attachment) {
  SteadyTime before = parts_.clock.SteadyNow();
  uint64_t beat_before = parts_.link.NativeHeartbeat();
  bool was_silent = true;
  while (runtime::PauseFor(kHeartbeatInterval) && attachment_.load() == attachment) {
    const SteadyTime now = parts_.clock.SteadyNow();
    const uint64_t beat = parts_.link.NativeHeartbeat();
    const bool is_silent = beat == beat_before;
    if (is_silent || was_silent) {
      parts_.executor->Post([this, attachment, before, beat_before, now, beat] {
        if (attachment_.load() != attachment) return;
        bool changed = limits_.OnHeartbeat(before, beat_before);
        changed = limits_.OnHeartbeat(now, beat) || changed;
        ShowFaults(changed);
      });
    }
    was_silent = is_silent;
    before = now;
    beat_before = beat;
  }
}

void SelfWatch::OnNativeAttached() {
  limits_.OnNativeAttached();
  parts_.metrics.native_attached.Set(1);
  ShowFaults(true);
  native_attached_ = true;
  parts_.runtime.Spawn(
      [this, attachment = ++attachment_] { LookAtHeartbeatNowAndAgain(attachment); },
      {.name = "native-heartbeat"});
}

void SelfWatch::OnNativeLost() {
  native_attached_ = false;
  ++attachment_;
  sample_.native_reported_memory_bytes = 0;
  sample_.native_resident_bytes = 0;
  limits_.OnNativeLost();
  parts_.metrics.native_attached.Set(0);
  parts_.metrics.native_deaths.Add();
  ShowFaults(true);
}

void SelfWatch::OnNativeIndicators(const NativeIndicators& indicators) {
  sample_.native_reported_memory_bytes = indicators.memory_bytes;
  for (const auto& [name, value] : indicators.custom) parts_.metrics.SetCustom(name, value);
  if (sampled_) Judge();
}

void SelfWatch::OnNativeChildren(const std::vector<NativeChild>& children) {
  std::map<std::string, ChildDevice> now;
  bool changed = children.size() != children_.size();
  for (const NativeChild& child : children) {
    const auto known = children_.find(child.id);
    const bool same = known != children_.end() && known->second.alive == child.alive;
    changed = changed || !same || known->second.type != child.type;
    now[child.id] = {child.id, child.type, child.alive,
                     same ? known->second.changed_at : parts_.clock.WallNow()};
  }
  children_ = std::move(now);
  ShowChildren();
  if (changed) on_change_();
}

void SelfWatch::ExpectDevice(const std::string& id, const std::string& type) {
  devices_[id] = {id, type, false, parts_.clock.WallNow()};
  ShowChildren();
}

void SelfWatch::OnDevice(const std::string& id, bool alive) {
  ChildDevice& device = devices_[id];
  device.alive = alive;
  device.changed_at = parts_.clock.WallNow();
  ShowChildren();
  on_change_();
}

void SelfWatch::ShowChildren() {
  const std::vector<ChildDevice> all = children();
  const auto alive =
      std::count_if(all.begin(), all.end(), [](const ChildDevice& child) { return child.alive; });
  parts_.metrics.children.Set(static_cast<double>(all.size()));
  parts_.metrics.children_alive.Set(static_cast<double>(alive));
}

Indicators SelfWatch::indicators() const {
  return {sample_.cpu_used, sample_.memory_used, sample_.disk_used, native_attached_,
          std::max(sample_.native_reported_memory_bytes, sample_.native_resident_bytes)};
}

std::vector<ChildDevice> SelfWatch::children() const {
  std::map<std::string, ChildDevice> both = devices_;
  for (auto child = children_.begin(); child != children_.end() && both.size() < kMaxChildren;
       ++child) {
    both.insert(*child);
  }
  std::vector<ChildDevice> all;
  for (const auto& [id, child] : both) all.push_back(child);
  return all;
}

}  // namespace understudy::station_agent
