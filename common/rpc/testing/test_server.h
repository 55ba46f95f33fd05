#ifndef UNDERSTUDY_COMMON_RPC_TESTING_TEST_SERVER_H_
#define UNDERSTUDY_COMMON_RPC_TESTING_TEST_SERVER_H_

#include <memory>
#include <string>
#include <utility>

#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/testing/echo_service.h"

namespace understudy::rpc::testing {

// An Echo service on a free loopback port, without TLS, and a stub that calls it.
class TestServer {
 public:
  explicit TestServer(const EchoService::Options& echo_options = {}, ServiceConfig config = {});

  ~TestServer() { echo_.StopKeeping(); }

  EchoService& echo() { return echo_; }
  Server& server() { return *server_; }
  metrics::Registry& registry() { return registry_; }
  class Echo::Stub::async& async() {
    return *stub_->async();
  }
  Echo::Stub& stub() { return *stub_; }
  // Another connection.
  std::shared_ptr<grpc::Channel> NewChannel(const std::string& port_name = "grpc");

 private:
  metrics::Registry registry_;
  EchoService echo_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Echo::Stub> stub_;
};

}  // namespace understudy::rpc::testing

#endif  // UNDERSTUDY_COMMON_RPC_TESTING_TEST_SERVER_H_
