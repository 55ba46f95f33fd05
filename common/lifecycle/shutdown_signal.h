#ifndef UNDERSTUDY_COMMON_LIFECYCLE_SHUTDOWN_SIGNAL_H_
#define UNDERSTUDY_COMMON_LIFECYCLE_SHUTDOWN_SIGNAL_H_

namespace understudy::lifecycle {

// Turns SIGTERM and SIGINT into something that main can wait for, and ignores SIGPIPE. Make it
// before any thread starts: threads inherit the blocked signals.
class ShutdownSignal {
 public:
  ShutdownSignal();
  ShutdownSignal(const ShutdownSignal&) = delete;
  ShutdownSignal& operator=(const ShutdownSignal&) = delete;

  // Returns the signal's number when one has come, also before this call. From one thread.
  int Wait();
  // Makes Wait return (SIGTERM), for a process that wants to stop by itself. From any thread.
  static void Request();
};

}  // namespace understudy::lifecycle

#endif  // UNDERSTUDY_COMMON_LIFECYCLE_SHUTDOWN_SIGNAL_H_
