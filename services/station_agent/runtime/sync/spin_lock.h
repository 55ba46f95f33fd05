#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_SPIN_LOCK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_SPIN_LOCK_H_

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

namespace understudy::station_agent::runtime {

// For a few instructions that several threads must not do at once. Whoever holds it must not wait,
// yield, allocate much or throw.
class SpinLock {
 public:
  void Lock() {
    int spins = 0;
    while (locked_.exchange(true, std::memory_order_acquire)) {
      while (locked_.load(std::memory_order_relaxed)) {
        // The holder may have lost its processor.
        if (++spins > kSpinsBeforeYield) GiveProcessorUp();
        Pause();
      }
    }
  }
  bool TryLock() { return !locked_.exchange(true, std::memory_order_acquire); }
  void Unlock() { locked_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpinsBeforeYield = 100;

  static void GiveProcessorUp() { syscall(SYS_sched_yield); }
  static void Pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::atomic<bool> locked_{false};
};

// Holds a SpinLock while it lives.
class SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) : lock_(lock) { lock_.Lock(); }
  ~SpinGuard() { lock_.Unlock(); }

  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_SYNC_SPIN_LOCK_H_
