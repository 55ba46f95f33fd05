#ifndef UNDERSTUDY_CLI_LOCAL_FLEET_INTERRUPT_H_
#define UNDERSTUDY_CLI_LOCAL_FLEET_INTERRUPT_H_

#include <atomic>
#include <thread>

namespace understudy::cli {

// Turns Ctrl-C (SIGINT, SIGTERM) into a question that long work asks itself, so that it can clean
// up behind it. A second Ctrl-C ends the process at once. Make it before any other thread: threads
// that exist already would be interrupted as ever.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const { return requested_; }

 private:
  void Wait();

  std::atomic<bool> requested_ = false;
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_LOCAL_FLEET_INTERRUPT_H_
