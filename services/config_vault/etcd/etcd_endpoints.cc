#include "services/config_vault/etcd/etcd_endpoints.h"

#include <utility>

#include "common/rpc/channel.h"
#include "common/status/status.h"

namespace understudy::config_vault::etcd {
namespace {

// etcd answers a range of many documents in one message.
constexpr int kMaxAnswerBytes = 64 << 20;
// etcd ends a connection that pings more often than every 5 s, or while it makes no calls.
constexpr absl::Duration kPingEvery = absl::Seconds(10);

}  // namespace

absl::StatusOr<std::shared_ptr<EtcdEndpoints>> EtcdEndpoints::Make(const EtcdOptions& options) {
  auto all = std::make_shared<EtcdEndpoints>();
  const rpc::ChannelOptions channel_options{.server_name = {},
                                            .ping_every = kPingEvery,
                                            .ping_without_calls = false,
                                            .connect_timeout = options.attempt_timeout,
                                            .max_message_bytes = kMaxAnswerBytes};
  for (const std::string& address : options.endpoints) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel,
                                rpc::MakeChannel(address, options.tls, channel_options));
    all->endpoints_.push_back({.address = address,
                               .kv = etcdserverpb::KV::NewStub(channel),
                               .watch = etcdserverpb::Watch::NewStub(channel),
                               .maintenance = etcdserverpb::Maintenance::NewStub(channel)});
  }
  return all;
}

}  // namespace understudy::config_vault::etcd
