#include "services/checkpoint_store/guess_guard.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace understudy::checkpoint_store {
namespace {

// Where to look for one to forget, from the oldest on, before a refused one must go.
constexpr int kCandidates = 8;
constexpr size_t kPrefixBytes = 8;

}  // namespace

std::string SourceOf(std::string_view address) {
  const std::string text(address);
  std::array<uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  if (IN6_IS_ADDR_V4MAPPED(reinterpret_cast<const in6_addr*>(bytes.data()))) {
    char mapped[INET_ADDRSTRLEN] = {};
    (void)inet_ntop(AF_INET, bytes.data() + 12, mapped, sizeof(mapped));
    return mapped;
  }
  std::fill(bytes.begin() + kPrefixBytes, bytes.end(), 0);
  char prefix[INET6_ADDRSTRLEN] = {};
  (void)inet_ntop(AF_INET6, bytes.data(), prefix, sizeof(prefix));
  return std::string(prefix) + "/64";
}

GuessGuard::Entry* GuessGuard::Find(const std::string& source) {
  const auto entry = entries_.find(source);
  if (entry == entries_.end()) return nullptr;
  order_.splice(order_.begin(), order_, entry->second);
  return &*entry->second;
}

GuessGuard::Entry& GuessGuard::FindOrAdd(const std::string& source, SteadyTime now) {
  if (Entry* const known = Find(source)) return *known;
  if (entries_.size() >= policy_.max_sources) MakeRoom(now);
  order_.push_front({.source = source,
                     .budget = static_cast<double>(policy_.source_budget),
                     .refilled = now});
  entries_[source] = order_.begin();
  return order_.front();
}

void GuessGuard::MakeRoom(SteadyTime now) {
  auto chosen = std::prev(order_.end());
  auto candidate = chosen;
  for (int i = 0; i < kCandidates; ++i) {
    if (candidate->refused_until <= now) {
      chosen = candidate;
      break;
    }
    if (candidate == order_.begin()) break;
    --candidate;
  }
  entries_.erase(chosen->source);
  order_.erase(chosen);
}

void GuessGuard::Refill(Entry& entry, SteadyTime now) const {
  if (now <= entry.refilled) return;
  entry.budget += absl::FDivDuration(now - entry.refilled, policy_.source_refill);
  entry.refilled = now;
  if (entry.budget < policy_.source_budget) return;
  entry.budget = policy_.source_budget;
  entry.violations = 0;
}

void GuessGuard::RefillTotal(SteadyTime now) {
  const double seconds = absl::ToDoubleSeconds(now - total_refilled_);
  total_ = std::min(policy_.total_budget, total_ + seconds * policy_.total_per_second);
  total_refilled_ = now;
}

absl::Duration GuessGuard::DelayAfter(uint32_t violations) const {
  absl::Duration delay = policy_.first_delay;
  for (uint32_t i = 1; i < violations && delay < policy_.max_delay; ++i) delay *= 2;
  return std::min(delay, policy_.max_delay);
}

GuessGuard::Verdict GuessGuard::Admit(const std::string& source, SteadyTime now) {
  const Entry* const entry = Find(source);
  if (entry != nullptr && entry->refused_until > now) {
    return {false, entry->violations >= policy_.block_after, entry->refused_until - now};
  }
  RefillTotal(now);
  if (total_ >= 1) return {};
  if (entry != nullptr && entry->in_good_standing &&
      now - entry->last_hit <= policy_.good_standing) {
    return {};
  }
  return {false, false, policy_.first_delay};
}

bool GuessGuard::Note(const std::string& source, bool is_guess, SteadyTime now) {
  const double cost = is_guess ? 1 : 0;
  guesses_ += is_guess ? 1 : 0;
  RefillTotal(now);
  total_ = std::max(total_ - cost, 0.0);
  Entry& entry = FindOrAdd(source, now);
  entry.in_good_standing = !is_guess;
  entry.last_hit = is_guess ? entry.last_hit : now;
  Refill(entry, now);
  if (entry.budget >= cost) {
    entry.budget -= cost;
    return false;
  }
  ++entry.violations;
  entry.refused_until = now + DelayAfter(entry.violations);
  // Or the long delays would earn what forgives them, and none would ever end in a block.
  entry.refilled = entry.refused_until;
  return entry.violations == policy_.block_after;
}

}  // namespace understudy::checkpoint_store
