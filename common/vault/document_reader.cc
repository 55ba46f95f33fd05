#include "common/vault/document_reader.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <algorithm>
#include <string>
#include <utility>

#include "common/rpc/client_call.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"

namespace understudy::vault {

namespace v1 = config_vault::v1;

namespace {

// What the vault takes.
constexpr int kMaxReadsPerMessage = 256;
// How long a vault is asked by Get that has ended a stream without any answer.
constexpr absl::Duration kWithoutStreams = absl::Seconds(10);

absl::Status Stopped() { return absl::CancelledError("the reader was stopped"); }

absl::Status Unanswered() {
  return MakeError(absl::StatusCode::kDeadlineExceeded, "READ_UNANSWERED",
                   "config-vault has not answered a read in time");
}

}  // namespace

// One stream. Keeps its reader, and lives until gRPC is done with it.
class DocumentReader::Line final
    : public grpc::ClientBidiReactor<v1::ReadRequest, v1::ReadResponse> {
 public:
  Line(std::shared_ptr<DocumentReader> reader, uint64_t number)
      : reader_(std::move(reader)), number_(number) {}

  void Open(Stub& stub) {
    stub.async()->Read(&context_, this);
    // Writes come from outside of reactions: the call must outlive them.
    AddHold();
    StartRead(&response_);
    StartCall();
  }

  uint64_t number() const { return number_; }
  bool has_answered() const { return has_answered_; }

  // The rest is called under the reader's lock, while this is the line that it sends on.
  bool is_sending() const { return sending_; }
  v1::ReadRequest& request() { return request_; }
  void Send() {
    sending_ = true;
    StartWrite(&request_);
  }
  void Sent() {
    sending_ = false;
    request_.Clear();
  }
  void Close() {
    if (sending_) return Cancel();
    StartWritesDone();
  }
  void Cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      reader_->OnClosing(*this);
      return RemoveHold();
    }
    has_answered_ = true;
    reader_->OnResponse(response_);
    response_.Clear();
    StartRead(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) reader_->OnSent(*this);
  }
  void OnDone(const grpc::Status& status) override {
    reader_->OnClosed(*this, FromGrpcStatus(status));
    delete this;
  }

 private:
  const std::shared_ptr<DocumentReader> reader_;
  const uint64_t number_;
  grpc::ClientContext context_;
  v1::ReadRequest request_;
  v1::ReadResponse response_;
  bool sending_ = false;
  bool has_answered_ = false;
};

DocumentReader::DocumentReader(std::shared_ptr<Stub> stub, const DocumentReaderOptions& options)
    : stub_(std::move(stub)), options_(options) {}

std::shared_ptr<DocumentReader> DocumentReader::Make(std::shared_ptr<Stub> stub,
                                                     const DocumentReaderOptions& options) {
  return std::shared_ptr<DocumentReader>(new DocumentReader(std::move(stub), options));
}

void DocumentReader::Get(v1::GetRequest request, Answer answer) {
  absl::Status refused;
  {
    absl::MutexLock lock(&mutex_);
    if (stopped_) {
      refused = Stopped();
    } else if (waiting_.size() >= options_.max_waiting) {
      refused = MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_READS_WAIT",
                          absl::StrCat(options_.max_waiting, " reads wait already"));
    } else {
      waiting_.emplace(++last_number_, Waiting{.request = std::move(request),
                                               .answer = std::move(answer),
                                               .deadline = clock_.SteadyNow() + options_.timeout});
      unsent_.push_back(last_number_);
      read_since_timer_ = true;
      if (timer_ == nullptr) Watch(options_.timeout);
      if (running_ == 0) SendMore();
      return;
    }
  }
  answer(std::move(refused));
}

void DocumentReader::SendMore() {
  if (unsent_.empty() || stopped_) return;
  if (line_ == nullptr && clock_.SteadyNow() < by_get_until_) {
    for (const uint64_t number : std::exchange(unsent_, {})) AskByGet(number);
    return;
  }
  if (line_ == nullptr) OpenLine();
  if (line_->is_sending()) return;
  FillRequest(line_->number(), line_->request());
  if (line_->request().reads_size() > 0) line_->Send();
}

void DocumentReader::OpenLine() {
  // Its reactions wait for the lock.
  line_ = new Line(shared_from_this(), ++last_line_);
  line_->Open(*stub_);
}

void DocumentReader::FillRequest(uint64_t line, v1::ReadRequest& request) {
  while (!unsent_.empty() && request.reads_size() < kMaxReadsPerMessage) {
    const uint64_t number = unsent_.front();
    unsent_.pop_front();
    const auto found = waiting_.find(number);
    if (found == waiting_.end()) continue;
    found->second.line = line;
    v1::ReadRequest::Read& read = *request.add_reads();
    read.set_number(number);
    *read.mutable_get() = found->second.request;
  }
}

void DocumentReader::AskByGet(uint64_t number) {
  const auto found = waiting_.find(number);
  if (found == waiting_.end()) return;
  found->second.line = 0;
  rpc::CallUnary(*stub_->async(), &Stub::async::Get, found->second.request,
                 found->second.deadline - clock_.SteadyNow(),
                 [self = shared_from_this(), number](Result result) {
                   std::vector<Answered> answered;
                   {
                     absl::MutexLock lock(&self->mutex_);
                     self->Take(number, std::move(result), answered);
                   }
                   self->Run(std::move(answered));
                 });
}

void DocumentReader::Take(uint64_t number, Result result, std::vector<Answered>& answered) {
  const auto found = waiting_.find(number);
  // It may have expired.
  if (found == waiting_.end()) return;
  answered.push_back({std::move(found->second.answer), std::move(result)});
  waiting_.erase(found);
}

void DocumentReader::OnSent(Line& line) {
  absl::MutexLock lock(&mutex_);
  line.Sent();
  if (line_ == &line) SendMore();
}

void DocumentReader::OnResponse(v1::ReadResponse& response) {
  std::vector<Answered> answered;
  answered.reserve(static_cast<size_t>(response.answers_size()));
  {
    absl::MutexLock lock(&mutex_);
    for (v1::ReadResponse::Answer& answer : *response.mutable_answers()) {
      if (answer.has_found()) {
        Take(answer.number(), std::move(*answer.mutable_found()), answered);
      } else {
        absl::Status refused = FromStatusProto(answer.refused());
        if (refused.ok()) refused = absl::InternalError("config-vault sent an empty answer");
        Take(answer.number(), std::move(refused), answered);
      }
    }
  }
  Run(std::move(answered));
}

void DocumentReader::Run(std::vector<Answered> answered) {
  if (answered.empty()) return;
  {
    absl::MutexLock lock(&mutex_);
    ++running_;
  }
  for (Answered& each : answered) each.answer(std::move(each.result));
  // What they hold goes before Stop returns.
  answered.clear();
  absl::MutexLock lock(&mutex_);
  --running_;
  SendMore();
}

void DocumentReader::OnClosing(Line& line) {
  absl::MutexLock lock(&mutex_);
  if (line_ == &line) line_ = nullptr;
}

void DocumentReader::OnClosed(const Line& line, const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  if (!status.ok() && !line.has_answered()) {
    by_get_until_ = clock_.SteadyNow() + kWithoutStreams;
  }
  std::vector<uint64_t> lost;
  for (const auto& [number, waiting] : waiting_) {
    if (waiting.line == line.number()) lost.push_back(number);
  }
  for (const uint64_t number : lost) AskByGet(number);
  SendMore();
}

void DocumentReader::Watch(absl::Duration pause) {
  timer_ = rpc::GrpcTimer::Start(pause, [self = shared_from_this()] { self->OnTimer(); });
}

void DocumentReader::OnTimer() {
  std::vector<Answered> expired;
  {
    absl::MutexLock lock(&mutex_);
    timer_ = nullptr;
    if (stopped_) return;
    const SteadyTime now = clock_.SteadyNow();
    const SteadyTime next = Expire(now, expired);
    if (!waiting_.empty()) {
      Watch(next - now);
    } else if (std::exchange(read_since_timer_, false)) {
      Watch(options_.timeout);
    } else if (line_ != nullptr) {
      std::exchange(line_, nullptr)->Close();
    }
  }
  Run(std::move(expired));
}

SteadyTime DocumentReader::Expire(SteadyTime now, std::vector<Answered>& expired) {
  SteadyTime next = SteadyTime::Infinite();
  std::vector<uint64_t> over;
  for (const auto& [number, waiting] : waiting_) {
    if (waiting.deadline <= now) {
      over.push_back(number);
    } else {
      next = std::min(next, waiting.deadline);
    }
  }
  for (const uint64_t number : over) Take(number, Unanswered(), expired);
  return next;
}

void DocumentReader::Stop() {
  std::vector<Answered> answered;
  std::shared_ptr<rpc::GrpcTimer> timer;
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    timer = std::exchange(timer_, nullptr);
    if (Line* const line = std::exchange(line_, nullptr)) line->Cancel();
    for (auto& [number, waiting] : waiting_) {
      answered.push_back({std::move(waiting.answer), Stopped()});
    }
    waiting_.clear();
    unsent_.clear();
  }
  if (timer != nullptr) timer->Cancel();
  Run(std::move(answered));
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(
      +[](int* running) { return *running == 0; }, &running_));
}

}  // namespace understudy::vault
