#include "services/config_vault/read_session.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"
#include "services/config_vault/document_reads.h"
#include "services/config_vault/document_requests.h"
#include "services/config_vault/proto_fields.h"

namespace understudy::config_vault {
namespace {

// What stands around a document's content in an answer, about.
constexpr size_t kAnswerBytes = 256;

bool IsStale(const v1::GetRequest& get) { return get.consistency() == type::v1::CONSISTENCY_STALE; }

// A revision never changes: where it is here, nobody else need be asked.
bool AsksForLatest(const v1::GetRequest& get) { return get.revision() == 0; }

absl::StatusOr<v1::GetResponse> ReadWith(const VaultReader& vault, const v1::GetRequest& get,
                                         absl::Duration data_age) {
  absl::StatusOr<v1::GetResponse> response = ReadDocument(vault, get);
  if (response.ok() && IsStale(get) && AsksForLatest(get)) fields::SetDataAge(data_age, *response);
  return response;
}

}  // namespace

ReadSession::ReadSession(const Vault& vault, const ReadSessionLimits& limits,
                         std::shared_ptr<ReadSink> sink)
    : vault_(vault), limits_(limits), sink_(std::move(sink)) {}

void ReadSession::OnRequest(v1::ReadRequest request) {
  if (const absl::Status checked = Check(request); !checked.ok()) {
    vault_.metrics.CountError(Operation::kGet, checked);
    return sink_->Finish(checked);
  }
  Answers answers;
  if (const absl::Status admitted = vault_.pool.Admit(0); admitted.ok()) {
    AnswerAtOnce(request, answers);
  } else {
    for (const auto& read : request.reads()) Add(read.number(), admitted, answers);
  }
  absl::MutexLock lock(&mutex_);
  Deliver(std::move(answers));
  holds_caller_ = true;
  GoOn();
}

void ReadSession::OnHalfClose() {
  absl::MutexLock lock(&mutex_);
  half_closed_ = true;
  GoOn();
}

void ReadSession::OnSent() {
  absl::MutexLock lock(&mutex_);
  sending_ = false;
  unsent_bytes_ -= sending_bytes_;
  SendNext();
  GoOn();
}

absl::Status ReadSession::Check(const v1::ReadRequest& request) {
  UNDERSTUDY_RETURN_IF_ERROR(CheckReads(request));
  absl::MutexLock lock(&mutex_);
  if (waiting_.empty()) return absl::OkStatus();
  for (const auto& read : request.reads()) {
    if (waiting_.contains(read.number())) return ReadNumberRepeated(read.number());
  }
  return absl::OkStatus();
}

void ReadSession::AnswerAtOnce(v1::ReadRequest& request, Answers& answers) {
  std::vector<Read> for_barrier;
  std::vector<Read> for_pool;
  // Asked now that the reads are here, and before the store is looked at.
  const bool is_current = IsCurrentFor(request);
  const absl::Duration data_age = vault_.reads.DataAge();
  const std::unique_ptr<VaultReader> memory = vault_.store.SnapshotInMemory();
  for (auto& asked : *request.mutable_reads()) {
    Read read{.number = asked.number(), .get = std::move(*asked.mutable_get())};
    read.is_current = IsStale(read.get) || (is_current && AsksForLatest(read.get));
    if (!read.is_current && AsksForLatest(read.get)) {
      for_barrier.push_back(std::move(read));
      continue;
    }
    // More would keep gRPC's thread from others.
    const bool has_room = answers.bytes < limits_.response_bytes;
    std::optional<Result> result;
    if (has_room && memory != nullptr) result = ReadInMemory(*memory, read, data_age);
    if (!result.has_value()) {
      for_pool.push_back(std::move(read));
    } else if (MustBeAskedAgain(read, *result)) {
      for_barrier.push_back(std::move(read));
    } else {
      Add(read.number, *std::move(result), answers);
    }
  }
  Await(for_barrier);
  Await(for_pool);
  PassToPool(std::move(for_pool));
  PassToBarrier(std::move(for_barrier));
}

bool ReadSession::IsCurrentFor(const v1::ReadRequest& request) const {
  const auto asking = std::count_if(
      request.reads().begin(), request.reads().end(),
      [](const auto& read) { return AsksForLatest(read.get()) && !IsStale(read.get()); });
  return asking == 0 || vault_.reads.IsCurrent(static_cast<size_t>(asking));
}

std::optional<ReadSession::Result> ReadSession::ReadInMemory(const VaultReader& memory,
                                                             const Read& read,
                                                             absl::Duration data_age) {
  // To unpack one takes long.
  if (read.get.encoding() != v1::ENCODING_ZSTD) return std::nullopt;
  Result result = ReadWith(memory, read.get, data_age);
  if (!result.ok() && ErrorReason(result.status()) == "NOT_IN_MEMORY") return std::nullopt;
  return result;
}

bool ReadSession::MustBeAskedAgain(const Read& read, const Result& result) {
  return !read.is_current && result.status().code() == absl::StatusCode::kNotFound;
}

void ReadSession::Await(const std::vector<Read>& reads) {
  if (reads.empty()) return;
  absl::MutexLock lock(&mutex_);
  for (const Read& read : reads) waiting_.insert(read.number);
}

void ReadSession::PassToBarrier(std::vector<Read> reads) {
  if (reads.empty()) return;
  const size_t count = reads.size();
  vault_.reads.WhenCurrent(count, [self = shared_from_this(),
                                   reads = std::move(reads)](const absl::Status& status) mutable {
    if (!status.ok()) return self->Refuse(reads, status);
    for (Read& read : reads) read.is_current = true;
    self->PassToPool(std::move(reads));
  });
}

void ReadSession::Refuse(const std::vector<Read>& reads, const absl::Status& status) {
  Answers answers;
  for (const Read& read : reads) Add(read.number, status, answers);
  absl::MutexLock lock(&mutex_);
  for (const Read& read : reads) waiting_.erase(read.number);
  Deliver(std::move(answers));
  GoOn();
}

void ReadSession::PassToPool(std::vector<Read> reads) {
  if (reads.empty()) return;
  absl::MutexLock lock(&mutex_);
  std::move(reads.begin(), reads.end(), std::back_inserter(for_pool_));
  GoOn();
}

void ReadSession::ReadOnPool() {
  std::vector<Read> reads = TakeForPool();
  std::vector<Read> for_barrier;
  const absl::Duration data_age = vault_.reads.DataAge();
  const std::unique_ptr<VaultReader> vault = vault_.store.Snapshot();
  auto next = reads.begin();
  for (; next != reads.end() && HasRoom(); ++next) {
    Result result = ReadWith(*vault, next->get, data_age);
    if (MustBeAskedAgain(*next, result)) {
      for_barrier.push_back(std::move(*next));
      continue;
    }
    Answers answers;
    Add(next->number, std::move(result), answers);
    absl::MutexLock lock(&mutex_);
    waiting_.erase(next->number);
    Deliver(std::move(answers));
  }
  PassToBarrier(std::move(for_barrier));
  absl::MutexLock lock(&mutex_);
  for_pool_.insert(for_pool_.begin(), std::make_move_iterator(next),
                   std::make_move_iterator(reads.end()));
  on_pool_ = false;
  GoOn();
}

// What comes later may need a later state of the store.
std::vector<ReadSession::Read> ReadSession::TakeForPool() {
  absl::MutexLock lock(&mutex_);
  const auto end = for_pool_.begin() +
                   static_cast<std::ptrdiff_t>(std::min(limits_.reads_per_task, for_pool_.size()));
  std::vector<Read> reads(std::make_move_iterator(for_pool_.begin()), std::make_move_iterator(end));
  for_pool_.erase(for_pool_.begin(), end);
  return reads;
}

bool ReadSession::HasRoom() {
  absl::MutexLock lock(&mutex_);
  return unsent_bytes_ < limits_.unsent_bytes;
}

void ReadSession::Add(uint64_t number, Result result, Answers& answers) const {
  v1::ReadResponse::Answer& answer = *answers.response.add_answers();
  answer.set_number(number);
  answers.bytes += kAnswerBytes;
  if (result.ok()) {
    vault_.metrics.Count(Operation::kGet, CallResult::kOk);
    answers.bytes += result->content().size();
    *answer.mutable_found() = *std::move(result);
  } else {
    vault_.metrics.CountError(Operation::kGet, result.status());
    ToStatusProto(result.status(), vault_.error_domain, *answer.mutable_refused());
  }
}

void ReadSession::Deliver(Answers answers) {
  if (answers.bytes == 0) return;
  unsent_bytes_ += answers.bytes;
  if (!unsent_.empty() && unsent_.back().bytes + answers.bytes <= limits_.response_bytes) {
    Answers& last = unsent_.back();
    last.bytes += answers.bytes;
    for (auto& answer : *answers.response.mutable_answers()) {
      *last.response.add_answers() = std::move(answer);
    }
  } else {
    unsent_.push_back(std::move(answers));
  }
  if (!sending_) SendNext();
}

void ReadSession::SendNext() {
  if (unsent_.empty()) return;
  sending_ = true;
  sending_bytes_ = unsent_.front().bytes;
  sink_->Send(std::move(unsent_.front().response));
  unsent_.pop_front();
}

void ReadSession::GoOn() {
  if (unsent_bytes_ >= limits_.unsent_bytes) return;
  if (!for_pool_.empty() && !std::exchange(on_pool_, true)) {
    vault_.pool.Post([self = shared_from_this()] { self->ReadOnPool(); });
  }
  if (half_closed_ && waiting_.empty() && unsent_.empty()) {
    sink_->Finish(absl::OkStatus());
  } else if (waiting_.size() < limits_.waiting_reads && std::exchange(holds_caller_, false)) {
    sink_->ReadNext();
  }
}

}  // namespace understudy::config_vault
