#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_REPLAY_WINDOW_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_REPLAY_WINDOW_H_

#include <cstdint>

namespace understudy::membership {

// The sequence numbers of one session. Only a number above all earlier ones is news; of the last 64
// it is also known whether they came, so that a network that reorders can be told from one in which
// somebody plays old packets again.
class ReplayWindow {
 public:
  enum class Verdict : uint8_t {
    // Above all earlier ones.
    kNew,
    // Overtaken by a later one, and not seen before.
    kLate,
    // Seen before, or too old to say.
    kReplayed,
  };

  // The first number must be at least 1.
  Verdict Accept(uint64_t sequence) {
    if (sequence > highest_) {
      const uint64_t step = sequence - highest_;
      seen_ = step >= kWidth ? 1 : (seen_ << step) | 1;
      highest_ = sequence;
      return Verdict::kNew;
    }
    const uint64_t age = highest_ - sequence;
    if (age >= kWidth || sequence == 0) return Verdict::kReplayed;
    const uint64_t bit = uint64_t{1} << age;
    if ((seen_ & bit) != 0) return Verdict::kReplayed;
    seen_ |= bit;
    return Verdict::kLate;
  }

  uint64_t highest() const { return highest_; }

 private:
  static constexpr uint64_t kWidth = 64;

  uint64_t highest_ = 0;
  // Bit n: highest_ - n came.
  uint64_t seen_ = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_REPLAY_WINDOW_H_
