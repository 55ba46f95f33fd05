#ifndef UNDERSTUDY_COMMON_TESTING_SERVICE_PROCESS_H_
#define UNDERSTUDY_COMMON_TESTING_SERVICE_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "absl/time/time.h"

// What crash tests have in common: the real service as a process of its own, to be killed and
// started again over the same data.
namespace understudy::testing {

// Made for tests: what fails is reported to GoogleTest. Not thread-safe.
class ServiceProcess {
 public:
  // `binary` as it lies in the runfiles. `config` is YAML; what all services take is added to it:
  // a free port on loopback, `insecure`, and `data_directory` and `ports_file` in a directory of
  // the test that is empty at first.
  ServiceProcess(std::string binary, const std::string& config);
  // Kills it.
  ~ServiceProcess();
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  // Returns once it has told its ports, or with a fatal failure.
  void Start();
  // Gives it a little time, less when it ends by itself.
  void AwaitEnd(absl::Duration limit) const;
  // With SIGKILL; does nothing unless it runs.
  void Kill();

  // Of the face that ports_file calls so ("grpc", "http"); 0 if there is none.
  int port(const std::string& face) const;

 private:
  // False when the process has ended instead.
  bool AwaitChange(int changes) const;

  const std::string binary_;
  const std::string directory_;
  const std::string config_;
  const std::string ports_;
  pid_t pid_ = -1;
  // Of the process, to wait with.
  int handle_ = -1;
};

// A number from the environment, for how often and with which seed a test runs.
uint64_t NumberFromEnvironment(const char* name, uint64_t fallback);

}  // namespace understudy::testing

#endif  // UNDERSTUDY_COMMON_TESTING_SERVICE_PROCESS_H_
