#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_ETCD_PROCESS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_ETCD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>

namespace understudy::config_vault::etcd {

// A real etcd of one member, on free loopback ports, without TLS, for tests and benchmarks. It
// keeps its data when it is killed and started again, in a directory under `parent`.
class EtcdProcess {
 public:
  // Waits until it serves; ends the test program when it does not.
  explicit EtcdProcess(const std::string& parent);
  // Kills it.
  ~EtcdProcess();
  EtcdProcess(const EtcdProcess&) = delete;
  EtcdProcess& operator=(const EtcdProcess&) = delete;

  // host:port of its client address; the same after a restart.
  const std::string& endpoint() const { return endpoint_; }

  // SIGKILL, and waits for its end.
  void Kill();
  void Start();

 private:
  const std::string directory_;
  const std::string endpoint_;
  const std::string peer_;
  pid_t pid_ = 0;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_TESTING_ETCD_PROCESS_H_
