#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_MESSAGES_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_MESSAGES_H_

#include <vector>

#include "etcd/v3/rpc.pb.h"
#include "services/config_vault/etcd/etcd_client.h"

// Between EtcdClient's types and etcd's messages. Messages are given up: large values are moved.
namespace understudy::config_vault::etcd {

Header ToHeader(const etcdserverpb::ResponseHeader& from);
etcdserverpb::RangeRequest ToMessage(const RangeQuery& from);
RangeResult ToResult(etcdserverpb::RangeResponse from);
etcdserverpb::TxnRequest ToMessage(Transaction from);
TransactionResult ToResult(etcdserverpb::TxnResponse from);
etcdserverpb::WatchRequest ToWatch(const KeyRange& keys, int64_t from);
Event ToEvent(mvccpb::Event from);
MemberStatus ToStatus(const std::string& endpoint, const etcdserverpb::StatusResponse& from);
std::vector<MemberAlarm> ToAlarms(const etcdserverpb::AlarmResponse& from);

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_ETCD_MESSAGES_H_
