#include "services/checkpoint_store/checkpoint_codec.h"

#include <map>
#include <optional>
#include <utility>

#include "common/status/status.h"
#include "services/checkpoint_store/request_rules.h"

namespace understudy::checkpoint_store {
namespace {

absl::StatusOr<std::optional<Sha256>> DecodeHash(const std::string& bytes) {
  if (bytes.empty()) return std::optional<Sha256>();
  const std::optional<Sha256> digest = Sha256FromBytes(bytes);
  if (digest.has_value()) return digest;
  return MakeError(absl::StatusCode::kInvalidArgument, "HASH_MISMATCH",
                   "sha256 must be 32 bytes");
}

absl::StatusOr<Sha256> HashOf(const std::string& content, const std::string& told) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto digest, DecodeHash(told));
  return CheckContentHash(content, digest);
}

absl::StatusOr<BatteryReading> DecodeBattery(const v1::Battery& battery) {
  std::optional<double> percent;
  std::optional<uint64_t> millivolts;
  if (battery.has_percent()) percent = battery.percent();
  if (battery.has_millivolts()) millivolts = battery.millivolts();
  return MakeBattery(percent, millivolts);
}

void EncodeTime(absl::Time time, google::protobuf::Timestamp& to) {
  const int64_t micros = absl::ToUnixMicros(time);
  to.set_seconds(micros / 1'000'000);
  to.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
}

void EncodeDuration(absl::Duration duration, google::protobuf::Duration& to) {
  const int64_t micros = absl::ToInt64Microseconds(duration);
  to.set_seconds(micros / 1'000'000);
  to.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
}

std::string TypeOf(const std::string& kept) {
  return kept.empty() ? std::string(kDefaultContentType) : kept;
}

v1::DeviceState StateOf(const Device& device, bool is_overdue) {
  if (device.revoked) return v1::DEVICE_STATE_REVOKED;
  if (is_overdue) return v1::DEVICE_STATE_OVERDUE;
  return device.cycles == 0 ? v1::DEVICE_STATE_ENROLLED : v1::DEVICE_STATE_ACTIVE;
}

v1::Origin EncodeOrigin(Origin origin) {
  return origin == Origin::kOperator ? v1::ORIGIN_OPERATOR : v1::ORIGIN_DEVICE;
}

constexpr std::pair<Event::Kind, v1::Event::Kind> kKinds[] = {
    {Event::Kind::kEnrolled, v1::Event::KIND_ENROLLED},
    {Event::Kind::kCycle, v1::Event::KIND_CYCLE},
    {Event::Kind::kOverdue, v1::Event::KIND_OVERDUE},
    {Event::Kind::kBack, v1::Event::KIND_BACK},
    {Event::Kind::kDeadPost, v1::Event::KIND_DEAD_POST},
    {Event::Kind::kDeadGet, v1::Event::KIND_DEAD_GET},
    {Event::Kind::kForeignClaim, v1::Event::KIND_FOREIGN_CLAIM},
    {Event::Kind::kStaged, v1::Event::KIND_STAGED},
    {Event::Kind::kStagedTaken, v1::Event::KIND_STAGED_TAKEN},
    {Event::Kind::kStagedConfirmed, v1::Event::KIND_STAGED_CONFIRMED},
    {Event::Kind::kWithdrawn, v1::Event::KIND_WITHDRAWN},
    {Event::Kind::kRevoked, v1::Event::KIND_REVOKED},
    {Event::Kind::kSourceBlocked, v1::Event::KIND_SOURCE_BLOCKED},
};

void EncodeBattery(const Device& device, v1::Device& to) {
  if (device.battery.empty()) return;
  if (device.battery.percent.has_value()) {
    to.mutable_battery()->set_percent(static_cast<double>(*device.battery.percent));
  }
  if (device.battery.millivolts.has_value()) {
    to.mutable_battery()->set_millivolts(*device.battery.millivolts);
  }
  EncodeTime(device.battery_at, *to.mutable_battery_at());
}

}  // namespace

absl::StatusOr<Enrol> DecodeEnrol(const v1::EnrolRequest& request, const CallOrigin& origin) {
  Enrol enrol;
  UNDERSTUDY_ASSIGN_OR_RETURN(enrol.identifier, Identifier::FromHex(request.identifier()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckDeviceId(request.device_id()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckContentType(request.content_type()));
  UNDERSTUDY_ASSIGN_OR_RETURN(enrol.sha256, HashOf(request.content(), request.sha256()));
  enrol.device_id = request.device_id();
  enrol.content = request.content();
  enrol.content_type = request.content_type();
  enrol.operator_name = origin.operator_name;
  enrol.time = origin.time;
  return enrol;
}

absl::StatusOr<Fetch> DecodeFetch(const v1::FetchRequest& request, const CallOrigin& origin) {
  Fetch fetch;
  UNDERSTUDY_ASSIGN_OR_RETURN(fetch.identifier, Identifier::FromHex(request.identifier()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckName(request.name()));
  UNDERSTUDY_ASSIGN_OR_RETURN(fetch.claim, ParseClaim(request.claim()));
  fetch.name = request.name();
  fetch.generation = request.generation();
  fetch.source = origin.source;
  fetch.time = origin.time;
  return fetch;
}

absl::StatusOr<Store> DecodeStore(const v1::StoreHeader& header, std::string content,
                                  const CallOrigin& origin) {
  Store store;
  UNDERSTUDY_ASSIGN_OR_RETURN(store.identifier, Identifier::FromHex(header.identifier()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckName(header.name()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckContentType(header.content_type()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckNextWake(header.next_wake_seconds()));
  UNDERSTUDY_ASSIGN_OR_RETURN(store.claim, ParseClaim(header.claim()));
  UNDERSTUDY_ASSIGN_OR_RETURN(store.battery, DecodeBattery(header.battery()));
  if (header.has_delta_base()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto digest, DecodeHash(header.sha256()));
    if (!digest.has_value()) {
      return MakeError(absl::StatusCode::kInvalidArgument, "HASH_MISMATCH",
                       "a delta needs the sha256 of the whole checkpoint");
    }
    store.sha256 = *digest;
    store.base_generation = header.delta_base().generation();
  } else {
    UNDERSTUDY_ASSIGN_OR_RETURN(store.sha256, HashOf(content, header.sha256()));
  }
  if (header.has_expected_generation()) store.expected_generation = header.expected_generation();
  store.name = header.name();
  store.content_type = header.content_type();
  store.next_wake = header.next_wake_seconds();
  store.content = std::move(content);
  store.source = origin.source;
  store.time = origin.time;
  return store;
}

absl::StatusOr<Stage> DecodeStage(const v1::StageRequest& request, const CallOrigin& origin) {
  Stage stage;
  UNDERSTUDY_RETURN_IF_ERROR(CheckName(request.name()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckContentType(request.content_type()));
  UNDERSTUDY_ASSIGN_OR_RETURN(stage.sha256, HashOf(request.content(), request.sha256()));
  stage.device_id = request.device_id();
  stage.name = request.name();
  stage.content = request.content();
  stage.content_type = request.content_type();
  if (request.has_expected_generation()) stage.expected_generation = request.expected_generation();
  stage.operator_name = origin.operator_name;
  stage.time = origin.time;
  return stage;
}

v1::EnrolResponse EncodeEnrol(const EnrolOutcome& outcome) {
  v1::EnrolResponse response;
  response.set_device_id(outcome.device_id);
  response.set_generation(outcome.generation);
  return response;
}

v1::FetchHeader EncodeFetchHeader(const FetchOutcome& outcome) {
  v1::FetchHeader header;
  header.set_next_identifier(outcome.next.ToHex());
  header.set_generation(outcome.info.number);
  header.set_content_type(TypeOf(outcome.info.content_type));
  header.set_sha256(Sha256ToBytes(outcome.info.sha256));
  header.set_origin(EncodeOrigin(outcome.info.origin));
  header.set_size(outcome.info.size);
  return header;
}

v1::StoreResponse EncodeStore(const StoreOutcome& outcome) {
  v1::StoreResponse response;
  response.set_generation(outcome.generation);
  response.set_next_identifier(outcome.next.ToHex());
  response.set_repeated(outcome.repeated);
  return response;
}

v1::Device EncodeDevice(const Device& device, const OverduePolicy& policy, bool is_overdue) {
  v1::Device to;
  to.set_device_id(device.id);
  to.set_state(StateOf(device, is_overdue));
  to.set_generation(device.generation);
  if (!device.kept.empty()) to.set_size(device.kept.back().size);
  EncodeTime(device.enrolled_at, *to.mutable_enrolled_at());
  to.set_claimed(!device.claim.empty());
  if (device.cycles > 0) EncodeTime(device.last_cycle, *to.mutable_last_cycle());
  to.set_cycles(device.cycles);
  if (const auto interval = IntervalOf(device)) EncodeDuration(*interval, *to.mutable_interval());
  const absl::Time due = DueAt(policy, device);
  if (due != absl::InfiniteFuture()) EncodeTime(due, *to.mutable_due());
  EncodeBattery(device, to);
  to.set_staged(device.staged.has_value() && device.staged->is_waiting());
  to.set_suspicions(device.suspicions);
  return to;
}

v1::InspectResponse EncodeInspect(const Device& device, const OverduePolicy& policy,
                                  bool is_overdue) {
  v1::InspectResponse response;
  *response.mutable_device() = EncodeDevice(device, policy, is_overdue);
  std::map<std::string, v1::NamedCheckpoint> names;
  for (const Generation& generation : device.kept) {
    v1::NamedCheckpoint& named = names[generation.name];
    named.set_name(generation.name);
    named.set_generation(generation.number);
    named.set_size(generation.size);
    named.set_kept(named.kept() + 1);
  }
  for (auto& [name, named] : names) *response.add_checkpoints() = std::move(named);
  if (device.staged.has_value()) *response.mutable_staged() = EncodeStaged(*device.staged);
  response.set_identifier_fingerprint(FingerprintOf(device.current));
  response.set_identifier_bits(static_cast<uint32_t>(device.current.bits()));
  response.set_enrolled_by(device.enrolled_by);
  return response;
}

v1::Generation EncodeGeneration(const Generation& generation) {
  v1::Generation to;
  to.set_generation(generation.number);
  to.set_name(generation.name);
  to.set_size(generation.size);
  to.set_sha256(Sha256ToBytes(generation.sha256));
  to.set_content_type(TypeOf(generation.content_type));
  to.set_origin(EncodeOrigin(generation.origin));
  EncodeTime(generation.stored_at, *to.mutable_stored_at());
  return to;
}

v1::StagedCheckpoint EncodeStaged(const StagedChange& staged) {
  v1::StagedCheckpoint to;
  to.set_name(staged.name);
  to.set_size(staged.size);
  to.set_sha256(Sha256ToBytes(staged.sha256));
  to.set_content_type(TypeOf(staged.content_type));
  to.set_operator_name(staged.operator_name);
  EncodeTime(staged.staged_at, *to.mutable_staged_at());
  if (staged.taken_at.has_value()) EncodeTime(*staged.taken_at, *to.mutable_taken_at());
  to.set_generation(staged.generation);
  if (staged.confirmed_at.has_value()) {
    EncodeTime(*staged.confirmed_at, *to.mutable_confirmed_at());
  }
  return to;
}

v1::Event EncodeEvent(const Event& event) {
  v1::Event to;
  for (const auto& [kind, encoded] : kKinds) {
    if (kind == event.kind) to.set_kind(encoded);
  }
  to.set_device_id(event.device_id);
  EncodeTime(event.time, *to.mutable_time());
  to.set_generation(event.generation);
  to.set_source(event.source);
  to.set_text(event.text);
  return to;
}

}  // namespace understudy::checkpoint_store
