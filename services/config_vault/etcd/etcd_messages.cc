#include "services/config_vault/etcd/etcd_messages.h"

#include <utility>

namespace understudy::config_vault::etcd {
namespace {

namespace pb = ::etcdserverpb;

KeyValue ToKeyValue(mvccpb::KeyValue from) {
  return {.key = std::move(*from.mutable_key()),
          .value = std::move(*from.mutable_value()),
          .create_revision = from.create_revision(),
          .mod_revision = from.mod_revision()};
}

std::vector<KeyValue> ToKeyValues(pb::RangeResponse& from) {
  std::vector<KeyValue> values;
  values.reserve(static_cast<size_t>(from.kvs_size()));
  for (mvccpb::KeyValue& value : *from.mutable_kvs()) {
    values.push_back(ToKeyValue(std::move(value)));
  }
  return values;
}

pb::RequestOp ToOperation(Write write) {
  pb::RequestOp operation;
  if (write.value.has_value()) {
    pb::PutRequest& put = *operation.mutable_request_put();
    put.set_key(std::move(write.keys.begin));
    put.set_value(*std::move(write.value));
  } else {
    pb::DeleteRangeRequest& erase = *operation.mutable_request_delete_range();
    erase.set_key(std::move(write.keys.begin));
    erase.set_range_end(std::move(write.keys.end));
  }
  return operation;
}

}  // namespace

Header ToHeader(const pb::ResponseHeader& from) {
  return {
      .cluster_id = from.cluster_id(), .member_id = from.member_id(), .revision = from.revision()};
}

pb::RangeRequest ToMessage(const RangeQuery& from) {
  pb::RangeRequest to;
  to.set_key(from.keys.begin);
  to.set_range_end(from.keys.end);
  to.set_limit(from.limit);
  to.set_revision(from.revision);
  to.set_keys_only(from.keys_only);
  return to;
}

RangeResult ToResult(pb::RangeResponse from) {
  return {.header = ToHeader(from.header()), .values = ToKeyValues(from), .more = from.more()};
}

pb::TxnRequest ToMessage(Transaction from) {
  pb::TxnRequest to;
  for (Condition& condition : from.conditions) {
    pb::Compare& compare = *to.add_compare();
    compare.set_result(condition.or_earlier ? pb::Compare::LESS : pb::Compare::EQUAL);
    compare.set_target(pb::Compare::MOD);
    compare.set_key(std::move(condition.key));
    compare.set_mod_revision(condition.mod_revision + (condition.or_earlier ? 1 : 0));
  }
  for (Write& write : from.writes) *to.add_success() = ToOperation(std::move(write));
  for (const KeyRange& keys : from.reads_otherwise) {
    *to.add_failure()->mutable_request_range() = ToMessage(RangeQuery{.keys = keys});
  }
  return to;
}

TransactionResult ToResult(pb::TxnResponse from) {
  TransactionResult to{.header = ToHeader(from.header()), .succeeded = from.succeeded()};
  if (to.succeeded) return to;
  for (pb::ResponseOp& response : *from.mutable_responses()) {
    to.otherwise.push_back(ToKeyValues(*response.mutable_response_range()));
  }
  return to;
}

pb::WatchRequest ToWatch(const KeyRange& keys, int64_t from) {
  pb::WatchRequest request;
  pb::WatchCreateRequest& create = *request.mutable_create_request();
  create.set_key(keys.begin);
  create.set_range_end(keys.end);
  create.set_start_revision(from);
  create.set_fragment(true);
  return request;
}

Event ToEvent(mvccpb::Event from) {
  return {.value = ToKeyValue(std::move(*from.mutable_kv())),
          .deleted = from.type() == mvccpb::Event::DELETE};
}

MemberStatus ToStatus(const std::string& endpoint, const pb::StatusResponse& from) {
  return {.endpoint = endpoint,
          .header = ToHeader(from.header()),
          .version = from.version(),
          .file_bytes = from.dbsize(),
          .used_bytes = from.dbsizeinuse(),
          .leader_id = from.leader()};
}

std::vector<MemberAlarm> ToAlarms(const pb::AlarmResponse& from) {
  std::vector<MemberAlarm> alarms;
  for (const pb::AlarmMember& alarm : from.alarms()) {
    if (alarm.alarm() == pb::NONE) continue;
    alarms.push_back({.member_id = alarm.memberid(),
                      .alarm = alarm.alarm() == pb::CORRUPT ? Alarm::kCorrupt : Alarm::kNoSpace});
  }
  return alarms;
}

}  // namespace understudy::config_vault::etcd
