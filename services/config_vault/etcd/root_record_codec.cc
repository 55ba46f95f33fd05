#include "services/config_vault/etcd/root_record_codec.h"

#include "common/status/status.h"
#include "services/config_vault/record_fields.h"

namespace understudy::config_vault::etcd {

namespace pb = ::understudy::config_vault::storage::v1;

std::string EncodeRoot(const RootRecord& from) {
  pb::RootRecord record;
  record.set_node_id(from.node_id);
  record.set_instance(from.instance);
  record.set_vault(from.addresses.vault);
  record.set_membership(from.addresses.membership);
  record.set_orchestrator(from.addresses.orchestrator);
  record.set_handed_over_by(from.handed_over_by);
  fields::SetTime(from.claimed_at, *record.mutable_claimed_at());
  return fields::Encode(record);
}

absl::StatusOr<RootRecord> DecodeRoot(std::string_view value) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, fields::Parse<pb::RootRecord>(value));
  return RootRecord{.node_id = record.node_id(),
                    .instance = record.instance(),
                    .addresses = {.vault = record.vault(),
                                  .membership = record.membership(),
                                  .orchestrator = record.orchestrator()},
                    .handed_over_by = record.handed_over_by(),
                    .claimed_at = fields::ToTime(record.claimed_at())};
}

RoleState DecodeRootState(std::string_view value, Epoch epoch) {
  RoleState state{.role = Role::kSentinel, .epoch = epoch};
  if (const absl::StatusOr<RootRecord> record = DecodeRoot(value); record.ok()) {
    state.root = record->node_id;
    state.root_addresses = record->addresses;
  }
  return state;
}

}  // namespace understudy::config_vault::etcd
