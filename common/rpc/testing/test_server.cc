#include "common/rpc/testing/test_server.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace understudy::rpc::testing {

TestServer::TestServer(const EchoService::Options& echo_options, ServiceConfig config)
    : echo_(echo_options) {
  if (config.listen.empty()) config.listen = "127.0.0.1:0";
  ServerOptions options;
  options.service = "echo";
  options.registry = &registry_;
  options.services = {{&echo_, Echo::service_full_name()}};
  options.streams = echo_options.group;
  auto server = Server::Start(config, std::move(options));
  // Nothing can be tested without it: value() ends the test where there is none.
  EXPECT_TRUE(server.ok()) << server.status();
  server_ = std::move(server).value();
  stub_ = Echo::NewStub(NewChannel());
}

std::shared_ptr<grpc::Channel> TestServer::NewChannel(const std::string& port_name) {
  return MakeInsecureChannel(absl::StrCat("127.0.0.1:", server_->ports().at(port_name)));
}

}  // namespace understudy::rpc::testing
