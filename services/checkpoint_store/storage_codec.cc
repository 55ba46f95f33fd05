#include "services/checkpoint_store/storage_codec.h"

#include <optional>
#include <utility>

#include "common/status/status.h"
#include "understudy/checkpoint_store/storage/v1/records.pb.h"

namespace understudy::checkpoint_store::storage {
namespace {

namespace pb = ::understudy::checkpoint_store::storage::v1;

absl::Status Corrupt(const std::string& what) {
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD", what + " cannot be read");
}

template <typename Proto>
absl::StatusOr<Proto> Parse(std::string_view bytes) {
  Proto proto;
  if (proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return proto;
  return Corrupt("a stored " + proto.GetTypeName());
}

void AppendNumber(uint64_t number, std::string& key) {
  for (int shift = 56; shift >= 0; shift -= 8) key.push_back(static_cast<char>(number >> shift));
}

int64_t Encode(const std::optional<absl::Time>& time) {
  return time.has_value() ? absl::ToUnixMicros(*time) : 0;
}
std::optional<absl::Time> DecodeOptional(int64_t micros) {
  return micros == 0 ? std::nullopt : std::make_optional(absl::FromUnixMicros(micros));
}

void Encode(const Generation& from, pb::GenerationRecord& to) {
  to.set_number(from.number);
  to.set_name(from.name);
  to.set_slot(from.slot);
  to.set_size(from.size);
  to.mutable_sha256()->assign(from.sha256.begin(), from.sha256.end());
  to.set_content_type(from.content_type);
  to.set_by_operator(from.origin == Origin::kOperator);
  to.set_stored_at(absl::ToUnixMicros(from.stored_at));
}

absl::StatusOr<Generation> Decode(const pb::GenerationRecord& from) {
  const std::optional<Sha256> digest = Sha256FromBytes(from.sha256());
  if (!digest.has_value()) return Corrupt("a stored generation's hash");
  return Generation{.number = from.number(),
                    .name = from.name(),
                    .slot = from.slot(),
                    .size = from.size(),
                    .sha256 = *digest,
                    .content_type = from.content_type(),
                    .origin = from.by_operator() ? Origin::kOperator : Origin::kDevice,
                    .stored_at = absl::FromUnixMicros(from.stored_at())};
}

void Encode(const StagedChange& from, pb::StagedRecord& to) {
  to.set_name(from.name);
  to.set_slot(from.slot);
  to.set_size(from.size);
  to.mutable_sha256()->assign(from.sha256.begin(), from.sha256.end());
  to.set_content_type(from.content_type);
  to.set_operator_name(from.operator_name);
  to.set_staged_at(absl::ToUnixMicros(from.staged_at));
  to.set_taken_at(Encode(from.taken_at));
  to.set_generation(from.generation);
  to.set_confirmed_at(Encode(from.confirmed_at));
}

absl::StatusOr<StagedChange> Decode(const pb::StagedRecord& from) {
  const std::optional<Sha256> digest = Sha256FromBytes(from.sha256());
  if (!digest.has_value()) return Corrupt("a staged change's hash");
  return StagedChange{.name = from.name(),
                      .slot = from.slot(),
                      .size = from.size(),
                      .sha256 = *digest,
                      .content_type = from.content_type(),
                      .operator_name = from.operator_name(),
                      .staged_at = absl::FromUnixMicros(from.staged_at()),
                      .taken_at = DecodeOptional(from.taken_at()),
                      .generation = from.generation(),
                      .confirmed_at = DecodeOptional(from.confirmed_at())};
}

void EncodeBattery(const Device& from, pb::BatteryRecord& to) {
  if (from.battery.percent.has_value()) to.set_percent(*from.battery.percent);
  if (from.battery.millivolts.has_value()) to.set_millivolts(*from.battery.millivolts);
  to.set_read_at(absl::ToUnixMicros(from.battery_at));
}

void DecodeBattery(const pb::BatteryRecord& from, Device& to) {
  if (from.has_percent()) to.battery.percent = from.percent();
  if (from.has_millivolts()) to.battery.millivolts = static_cast<uint16_t>(from.millivolts());
  to.battery_at = absl::FromUnixMicros(from.read_at());
}

void EncodeIdentifiers(const Device& from, pb::DeviceRecord& to) {
  const auto assign = [](const Identifier& identifier, std::string& bytes) {
    bytes = identifier.bytes();
  };
  assign(from.current, *to.mutable_current());
  assign(from.next, *to.mutable_next());
  for (const Identifier& dead : from.dead) assign(dead, *to.add_dead());
  assign(from.claim, *to.mutable_claim());
}

absl::Status DecodeIdentifiers(const pb::DeviceRecord& from, Device& to) {
  const auto decode = [](const std::string& bytes, Identifier& into) {
    const std::optional<Identifier> identifier = Identifier::FromBytes(bytes);
    if (identifier.has_value()) into = *identifier;
    return identifier.has_value();
  };
  bool good = decode(from.current(), to.current) && decode(from.next(), to.next);
  for (const std::string& dead : from.dead()) good &= decode(dead, to.dead.emplace_back());
  if (!from.claim().empty()) good &= decode(from.claim(), to.claim);
  return good ? absl::OkStatus() : Corrupt("a stored device's identifier");
}

void EncodeCycles(const Device& from, pb::DeviceRecord& to) {
  to.set_enrolled_by(from.enrolled_by);
  to.set_enrolled_at(absl::ToUnixMicros(from.enrolled_at));
  to.set_last_cycle(absl::ToUnixMicros(from.last_cycle));
  to.set_cycles(from.cycles);
  to.set_told_interval(from.told_interval);
  to.set_learned_interval(absl::ToInt64Microseconds(from.learned_interval));
  to.set_suspicions(from.suspicions);
  to.set_revoked(from.revoked);
}

void DecodeCycles(const pb::DeviceRecord& from, Device& to) {
  to.enrolled_by = from.enrolled_by();
  to.enrolled_at = absl::FromUnixMicros(from.enrolled_at());
  to.last_cycle = absl::FromUnixMicros(from.last_cycle());
  to.cycles = from.cycles();
  to.told_interval = from.told_interval();
  to.learned_interval = absl::Microseconds(from.learned_interval());
  to.suspicions = from.suspicions();
  to.revoked = from.revoked();
}

}  // namespace

std::string EncodeSchema(const Schema& schema) {
  pb::SchemaRecord record;
  record.set_version(schema.version);
  record.set_key_check(schema.key_check);
  return record.SerializeAsString();
}

absl::StatusOr<Schema> DecodeSchema(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::SchemaRecord>(bytes));
  return Schema{record.version(), record.key_check()};
}

std::string EncodeCounters(const Counters& counters) {
  pb::CountersRecord record;
  record.set_device_number(counters.device_number);
  return record.SerializeAsString();
}

absl::StatusOr<Counters> DecodeCounters(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::CountersRecord>(bytes));
  return Counters{record.device_number()};
}

std::string EncodeDevice(const Device& device) {
  // Used again, because making and freeing its many strings costs more than filling them.
  thread_local pb::DeviceRecord record;
  record.Clear();
  record.set_number(device.number);
  record.set_id(device.id);
  EncodeIdentifiers(device, record);
  for (const Generation& generation : device.kept) Encode(generation, *record.add_kept());
  record.set_generation(device.generation);
  record.set_slot(device.slot);
  EncodeCycles(device, record);
  if (!device.battery.empty()) EncodeBattery(device, *record.mutable_battery());
  if (device.staged.has_value()) Encode(*device.staged, *record.mutable_staged());
  return record.SerializeAsString();
}

absl::StatusOr<Device> DecodeDevice(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto record, Parse<pb::DeviceRecord>(bytes));
  Device device;
  device.number = record.number();
  device.id = record.id();
  UNDERSTUDY_RETURN_IF_ERROR(DecodeIdentifiers(record, device));
  for (const pb::GenerationRecord& kept : record.kept()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(Generation generation, Decode(kept));
    device.kept.push_back(std::move(generation));
  }
  device.generation = record.generation();
  device.slot = record.slot();
  DecodeCycles(record, device);
  if (record.has_battery()) DecodeBattery(record.battery(), device);
  if (record.has_staged()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(device.staged, Decode(record.staged()));
  }
  return device;
}

std::string DeviceKey(DeviceNumber number) {
  std::string key(kDevices);
  AppendNumber(number, key);
  return key;
}

std::string ContentKey(DeviceNumber number, ContentSlot slot) {
  std::string key;
  AppendNumber(number, key);
  AppendNumber(slot, key);
  return key;
}

}  // namespace understudy::checkpoint_store::storage
