#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GUESS_GUARD_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GUESS_GUARD_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "common/time/steady_time.h"

namespace understudy::checkpoint_store {

struct GuessPolicy {
  // Guesses that a source has at first, and how long it takes to earn one back, while it is not
  // refused.
  uint32_t source_budget = 20;
  absl::Duration source_refill = absl::Seconds(10);
  // How long a source without budget is refused after a guess; doubles with each further one.
  absl::Duration first_delay = absl::Seconds(2);
  absl::Duration max_delay = absl::Hours(1);
  // From so many guesses without budget on, a source counts as blocked.
  uint32_t block_after = 10;
  // Of all sources together.
  double total_budget = 1000;
  double total_per_second = 100;
  // While the total is used up, a source is let in that had a hit within this time, and no guess
  // since.
  absl::Duration good_standing = absl::Hours(1);
  // Sources remembered; the one that was not seen for the longest time is forgotten first, those
  // that are refused last.
  size_t max_sources = 65'536;
};

// The source of an address for the guard: an IPv4 address, or the first 64 bits of an IPv6 one, for
// whoever has one of those has them all. Text that is no address is its own source.
std::string SourceOf(std::string_view address);

// Makes guessing identifiers slow (doc/protocol.md, "The guard against guessing"). Pure: time comes
// in. Not thread-safe.
//
//   if (!guard.Admit(source, now).admitted) refuse, before anything is looked up
//   look it up
//   guard.Hit(source, now) or guard.Miss(source, now)
class GuessGuard {
 public:
  explicit GuessGuard(const GuessPolicy& policy) : policy_(policy), total_(policy.total_budget) {}

  struct Verdict {
    bool admitted = true;
    // Beyond its budget again and again.
    bool blocked = false;
    // How long it will be refused; zero when it is admitted.
    absl::Duration retry_after = absl::ZeroDuration();
  };
  Verdict Admit(const std::string& source, SteadyTime now);
  void Hit(const std::string& source, SteadyTime now) { (void)Note(source, false, now); }
  // True when the source has become blocked by it.
  bool Miss(const std::string& source, SteadyTime now) { return Note(source, true, now); }
  // One of both. They read and write the same, so that the time tells nothing: a guess is what
  // costs one of a budget, and not zero.
  bool Note(const std::string& source, bool is_guess, SteadyTime now);

  size_t source_count() const { return entries_.size(); }
  // Misses so far.
  uint64_t guesses() const { return guesses_; }

 private:
  struct Entry {
    std::string source;
    double budget = 0;
    // Up to when it has earned: while a source is refused it earns nothing.
    SteadyTime refilled = {};
    // Guesses without budget.
    uint32_t violations = 0;
    SteadyTime refused_until = {};
    // Whether a hit was the last that it did, and when.
    bool in_good_standing = false;
    SteadyTime last_hit = {};
  };
  // Most recently seen first.
  using Entries = std::list<Entry>;

  // Null when the source is not known.
  Entry* Find(const std::string& source);
  Entry& FindOrAdd(const std::string& source, SteadyTime now);
  void Refill(Entry& entry, SteadyTime now) const;
  void RefillTotal(SteadyTime now);
  void MakeRoom(SteadyTime now);
  absl::Duration DelayAfter(uint32_t violations) const;

  const GuessPolicy policy_;
  Entries order_;
  absl::flat_hash_map<std::string, Entries::iterator> entries_;
  double total_;
  SteadyTime total_refilled_ = {};
  uint64_t guesses_ = 0;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_GUESS_GUARD_H_
