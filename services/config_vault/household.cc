#include "services/config_vault/household.h"

#include <algorithm>
#include <utility>

namespace understudy::config_vault {

bool Household::IsWhole() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& service) { return service.second > 0; });
}

bool Household::whole() const {
  absl::MutexLock lock(&mutex_);
  return IsWhole();
}

std::vector<std::string> Household::missing() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [name, streams] : streams_) {
    if (streams == 0) names.push_back(name);
  }
  return names;
}

void Household::SetListener(OnChange on_change) {
  absl::MutexLock lock(&mutex_);
  on_change_ = std::move(on_change);
  if (on_change_) on_change_(IsWhole());
}

void Household::Count(std::string_view service, int change) {
  absl::MutexLock lock(&mutex_);
  const auto found = streams_.find(service);
  if (found == streams_.end()) return;
  const bool before = IsWhole();
  found->second += change;
  if (on_change_ && IsWhole() != before) on_change_(IsWhole());
}

}  // namespace understudy::config_vault
