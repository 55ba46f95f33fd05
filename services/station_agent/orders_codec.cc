#include "services/station_agent/orders_codec.h"

#include <utility>

#include "common/document/identifiers.h"
#include "common/status/status.h"
#include "common/status/utf8.h"

namespace understudy::station_agent {
namespace {

namespace wire = failover_orchestrator::v1;
namespace act = duty_action;

constexpr size_t kMaxTextBytes = 1024;

absl::Status InvalidOrder(std::string_view why) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_ORDER", why);
}

// Empty bytes: no hash.
absl::StatusOr<std::optional<Sha256>> DecodeHash(const std::string& bytes) {
  if (bytes.empty()) return std::optional<Sha256>();
  const std::optional<Sha256> sha256 = Sha256FromBytes(bytes);
  if (!sha256.has_value()) {
    return InvalidOrder("expected a hash of 32 bytes, found " + std::to_string(bytes.size()));
  }
  return sha256;
}

absl::StatusOr<DutyOrder> DecodeDuty(const wire::DutyOrder& message) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.duty_id()));
  DutyOrder order;
  order.duty_id = message.duty_id();
  order.mark = {message.epoch(), message.assignment_number()};
  order.document =
      message.document().empty() ? DutyDocumentName(message.duty_id()) : message.document();
  UNDERSTUDY_RETURN_IF_ERROR(CheckDocumentName(order.document));
  order.revision = message.document_revision();
  UNDERSTUDY_ASSIGN_OR_RETURN(order.sha256, DecodeHash(message.document_sha256()));
  if (order.revision == 0) order.sha256.reset();
  order.strict_fencing = message.strict_fencing();
  return order;
}

absl::StatusOr<StationOrder> DecodeStage(const wire::Stage& message) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.duty_id()));
  UNDERSTUDY_RETURN_IF_ERROR(CheckDocumentName(message.document()));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto sha256, DecodeHash(message.document_sha256()));
  if (!sha256.has_value()) return InvalidOrder("stage: expected a hash, found none");
  return StageOrder{
      {message.duty_id(), message.document(), message.document_revision(), *sha256, 0}};
}

absl::StatusOr<StationOrder> DecodeStandDown(const wire::StandDown& message) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.duty_id()));
  return StandDownOrder{message.duty_id(),
                        {message.epoch(), message.assignment_number()},
                        ToValidUtf8(message.reason(), kMaxTextBytes)};
}

wire::DutyOrder EncodeDuty(const DutyOrder& order) {
  wire::DutyOrder message;
  message.set_duty_id(order.duty_id);
  message.set_epoch(order.mark.epoch);
  message.set_assignment_number(order.mark.number);
  message.set_document(order.document);
  message.set_document_revision(order.revision);
  if (order.sha256.has_value()) message.set_document_sha256(Sha256ToBytes(*order.sha256));
  message.set_strict_fencing(order.strict_fencing);
  return message;
}

void SetDuration(absl::Duration duration, google::protobuf::Duration* message) {
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(duration);
  message->set_seconds(nanoseconds / 1'000'000'000);
  message->set_nanos(static_cast<int32_t>(nanoseconds % 1'000'000'000));
}

// One overload an action; those that are no replies give false.
struct ReplyEncoder {
  wire::StationReply& reply;

  bool operator()(const act::ReplyStaged& staged) const {
    wire::Staged* message = reply.mutable_staged();
    message->set_duty_id(staged.duty_id);
    message->set_document_revision(staged.revision);
    if (staged.sha256.has_value()) message->set_document_sha256(Sha256ToBytes(*staged.sha256));
    message->set_error(ToValidUtf8(staged.error, kMaxTextBytes));
    return true;
  }
  bool operator()(const act::ReplyAccepted& accepted) const {
    reply.mutable_accepted()->set_duty_id(accepted.order.duty_id);
    reply.mutable_accepted()->set_assignment_number(accepted.order.mark.number);
    return true;
  }
  bool operator()(const act::ReplyRunning& running) const {
    wire::Running* message = reply.mutable_running();
    message->set_duty_id(running.order.duty_id);
    message->set_assignment_number(running.order.mark.number);
    message->set_document_revision(running.order.revision);
    message->set_document_sha256(Sha256ToBytes(running.sha256));
    SetDuration(running.took, message->mutable_took());
    return true;
  }
  bool operator()(const act::ReplyRefused& refused) const {
    wire::Refused* message = reply.mutable_refused();
    message->set_duty_id(refused.duty_id);
    message->set_assignment_number(refused.number);
    message->set_reason(refused.reason);
    message->set_message(ToValidUtf8(refused.message, kMaxTextBytes));
    return true;
  }
  bool operator()(const act::ReplyStoodDown& stood_down) const {
    reply.mutable_stood_down()->set_duty_id(stood_down.duty_id);
    reply.mutable_stood_down()->set_assignment_number(stood_down.number);
    return true;
  }
  template <typename Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

absl::StatusOr<StationOrder> DecodeOrder(const wire::StationOrder& message) {
  switch (message.order_case()) {
    case wire::StationOrder::kStage:
      return DecodeStage(message.stage());
    case wire::StationOrder::kUnstage:
      UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.unstage().duty_id()));
      return UnstageOrder{message.unstage().duty_id()};
    case wire::StationOrder::kActivate: {
      UNDERSTUDY_ASSIGN_OR_RETURN(DutyOrder order, DecodeDuty(message.activate()));
      return ActivateOrder{std::move(order)};
    }
    case wire::StationOrder::kHold: {
      UNDERSTUDY_ASSIGN_OR_RETURN(DutyOrder order, DecodeDuty(message.hold()));
      return HoldOrder{std::move(order)};
    }
    case wire::StationOrder::kStandDown:
      return DecodeStandDown(message.stand_down());
    case wire::StationOrder::kCollect:
      UNDERSTUDY_RETURN_IF_ERROR(CheckDutyId(message.collect().duty_id()));
      return CollectOrder{message.collect().duty_id()};
    case wire::StationOrder::ORDER_NOT_SET:
      break;
  }
  return InvalidOrder("an order of a kind that this agent does not know");
}

std::string KindName(const StationOrder& order) {
  static constexpr const char* kNames[] = {"stage", "unstage",    "activate",
                                           "hold",  "stand_down", "collect"};
  return kNames[order.index()];
}

wire::StationReply EncodeHello(const AttendHello& hello) {
  wire::StationReply reply;
  wire::Hello* message = reply.mutable_hello();
  message->set_station_id(hello.station_id);
  message->set_session_id(hello.session_id);
  if (hello.holding.has_value()) *message->mutable_holding() = EncodeDuty(*hello.holding);
  message->set_change_waits(hello.change_waits);
  for (const KeptDocument& kept : hello.staged) {
    wire::Staged* staged = message->add_staged();
    staged->set_duty_id(kept.duty_id);
    staged->set_document_revision(kept.revision);
    staged->set_document_sha256(Sha256ToBytes(kept.sha256));
  }
  return reply;
}

wire::StationReply EncodeSyncReply(const SyncReply& reply) {
  wire::StationReply message;
  if (const auto* waits = std::get_if<ChangeWaits>(&reply)) {
    message.mutable_change_waits()->set_duty_id(waits->duty_id);
    return message;
  }
  const Collected& collected = std::get<Collected>(reply);
  message.mutable_collected()->set_duty_id(collected.duty_id);
  message.mutable_collected()->set_document_revision(collected.revision);
  message.mutable_collected()->set_error(ToValidUtf8(collected.error, kMaxTextBytes));
  return message;
}

std::optional<wire::StationReply> EncodeReply(const DutyAction& action) {
  wire::StationReply reply;
  if (!std::visit(ReplyEncoder{reply}, action)) return std::nullopt;
  return reply;
}

}  // namespace understudy::station_agent
