#include "services/config_vault/mutation_codec.h"

#include <utility>
#include <variant>

#include "common/status/status.h"
#include "services/config_vault/record_fields.h"

namespace understudy::config_vault::storage {
namespace {

class Encoder {
 public:
  Encoder(bool frame_is_apart, v1::MutationRecord& to) : frame_is_apart_(frame_is_apart), to_(to) {}

  void operator()(const WriteRevision& write) {
    auto& record = *to_.mutable_write_revision();
    fields::ToProto(write.head, *record.mutable_head());
    if (write.revision.info != write.head.latest) {
      fields::ToProto(write.revision.info, *record.mutable_info());
    }
    record.set_frame_is_apart(frame_is_apart_);
    if (!frame_is_apart_) record.set_zstd_frame(write.revision.packed);
  }
  void operator()(const TrimRevision& trim) {
    to_.mutable_trim_revision()->set_name(trim.name);
    to_.mutable_trim_revision()->set_revision(trim.revision);
  }
  void operator()(const WriteRequest& write) {
    fields::ToProto(write.request, *to_.mutable_write_request());
  }
  void operator()(const ForgetRequest& forget) {
    to_.mutable_forget_request()->set_id(forget.id);
    to_.mutable_forget_request()->set_number(forget.number);
  }
  void operator()(const WriteStation& write) {
    fields::ToProto(write.station, *to_.mutable_write_station());
  }
  void operator()(const EraseStation& erase) { to_.set_erase_station(erase.id); }
  void operator()(const WriteDuty& write) {
    fields::ToProto(write.duty, *to_.mutable_write_duty()->mutable_duty());
    to_.mutable_write_duty()->set_previous_station(write.previous_station);
  }
  void operator()(const EraseDuty& erase) {
    to_.mutable_erase_duty()->set_id(erase.id);
    to_.mutable_erase_duty()->set_previous_station(erase.previous_station);
  }
  void operator()(const WriteFailover& write) {
    fields::ToProto(write.failover, *to_.mutable_write_failover());
  }
  void operator()(const EraseFailover& erase) {
    fields::ToProto(erase.failover, *to_.mutable_erase_failover());
  }

 private:
  const bool frame_is_apart_;
  v1::MutationRecord& to_;
};

absl::Status Corrupt(const std::string& what) {
  return MakeError(absl::StatusCode::kDataLoss, "CORRUPT_RECORD", what);
}

absl::StatusOr<Mutation> DecodeRevision(v1::MutationRecord::WriteRevision& record,
                                        const FindFrame& find_frame) {
  WriteRevision write{.head = fields::ToHead(record.head())};
  write.revision.info = record.has_info() ? fields::ToInfo(record.info()) : write.head.latest;
  write.revision.packed = std::move(*record.mutable_zstd_frame());
  if (record.frame_is_apart()) {
    std::optional<std::string> frame = find_frame(write.revision.info.name);
    if (!frame.has_value()) {
      return Corrupt("the content of \"" + write.revision.info.name + "\" is missing");
    }
    write.revision.packed = *std::move(frame);
  }
  return write;
}

}  // namespace

void EncodeMutation(const Mutation& mutation, bool frame_is_apart, v1::MutationRecord& to) {
  std::visit(Encoder(frame_is_apart, to), mutation);
}

absl::StatusOr<Mutation> DecodeMutation(v1::MutationRecord& record, const FindFrame& find_frame) {
  switch (record.mutation_case()) {
    case v1::MutationRecord::kWriteRevision:
      return DecodeRevision(*record.mutable_write_revision(), find_frame);
    case v1::MutationRecord::kTrimRevision:
      return TrimRevision{record.trim_revision().name(), record.trim_revision().revision()};
    case v1::MutationRecord::kWriteRequest:
      return WriteRequest{fields::ToRequest(record.write_request())};
    case v1::MutationRecord::kForgetRequest:
      return ForgetRequest{record.forget_request().id(), record.forget_request().number()};
    case v1::MutationRecord::kWriteStation:
      return WriteStation{fields::ToStoredStation(record.write_station())};
    case v1::MutationRecord::kEraseStation:
      return EraseStation{record.erase_station()};
    case v1::MutationRecord::kWriteDuty:
      return WriteDuty{fields::ToDuty(record.write_duty().duty()),
                       record.write_duty().previous_station()};
    case v1::MutationRecord::kEraseDuty:
      return EraseDuty{record.erase_duty().id(), record.erase_duty().previous_station()};
    case v1::MutationRecord::kWriteFailover:
      return WriteFailover{fields::ToStoredFailover(record.write_failover())};
    case v1::MutationRecord::kEraseFailover:
      return EraseFailover{fields::ToStoredFailover(record.erase_failover())};
    case v1::MutationRecord::MUTATION_NOT_SET:
      break;
  }
  return Corrupt("a change of a kind that this version does not know");
}

std::string EncodeMutations(const std::vector<Mutation>& mutations) {
  v1::MutationsRecord record;
  for (const Mutation& mutation : mutations) {
    EncodeMutation(mutation, /*frame_is_apart=*/false, *record.add_mutations());
  }
  return fields::Encode(record);
}

absl::StatusOr<std::vector<Mutation>> DecodeMutations(std::string_view bytes) {
  UNDERSTUDY_ASSIGN_OR_RETURN(auto record, fields::Parse<v1::MutationsRecord>(bytes));
  std::vector<Mutation> mutations;
  mutations.reserve(static_cast<size_t>(record.mutations_size()));
  for (v1::MutationRecord& mutation : *record.mutable_mutations()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        Mutation decoded, DecodeMutation(mutation, [](std::string_view) { return std::nullopt; }));
    mutations.push_back(std::move(decoded));
  }
  return mutations;
}

}  // namespace understudy::config_vault::storage
