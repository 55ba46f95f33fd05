#include "services/failover_orchestrator/testing/fake_site.h"

#include <grpcpp/server_builder.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"

namespace understudy::failover_orchestrator {
namespace {

namespace vault = config_vault::v1;
namespace members = membership::v1;

constexpr char kDomain[] = "fake.understudy";

absl::Status Mismatch() {
  return MakeError(absl::StatusCode::kAborted, "ASSIGNMENT_MISMATCH", "not the next number");
}

template <typename Response>
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Response* response,
                                 absl::StatusOr<Response> result) {
  rpc::UnaryReply<Response> reply(context, response, kDomain);
  grpc::ServerUnaryReactor* reactor = reply.reactor();
  reply.Finish(std::move(result));
  return reactor;
}

}  // namespace

class FakeSite::Registry final : public vault::Registry::CallbackService {
 public:
  explicit Registry(FakeSite& site) : site_(site) {}

  grpc::ServerWriteReactor<vault::WatchRoleResponse>* WatchRole(
      grpc::CallbackServerContext*, const vault::WatchRoleRequest*) override {
    auto stream = RoleStream::Make({.domain = kDomain, .on_done = [](const absl::Status&) {}});
    absl::MutexLock lock(&site_.mutex_);
    ++site_.role_watches_;
    stream->Send(site_.Role());
    site_.role_streams_.push_back(stream);
    return stream.get();
  }

  grpc::ServerUnaryReactor* ListDuties(grpc::CallbackServerContext* context,
                                       const vault::ListDutiesRequest* request,
                                       vault::ListDutiesResponse* response) override {
    vault::ListDutiesResponse result;
    absl::MutexLock lock(&site_.mutex_);
    // One a page, so that whoever does not turn pages misses some.
    const auto next = site_.duties_.upper_bound(request->page_token());
    if (next != site_.duties_.end()) {
      *result.add_duties() = next->second;
      if (std::next(next) != site_.duties_.end()) result.set_next_page_token(next->first);
    }
    return Answer<vault::ListDutiesResponse>(context, response, result);
  }

  grpc::ServerUnaryReactor* ListFailovers(grpc::CallbackServerContext* context,
                                          const vault::ListFailoversRequest* request,
                                          vault::ListFailoversResponse* response) override {
    vault::ListFailoversResponse result;
    absl::MutexLock lock(&site_.mutex_);
    for (const auto& [id, failover] : site_.failovers_) {
      const bool finished = failover.state() == vault::Failover::STATE_DONE ||
                            failover.state() == vault::Failover::STATE_CANCELLED;
      if (!request->unfinished() || !finished) *result.add_failovers() = failover;
    }
    return Answer<vault::ListFailoversResponse>(context, response, result);
  }

  grpc::ServerUnaryReactor* GetFailover(grpc::CallbackServerContext* context,
                                        const vault::GetFailoverRequest* request,
                                        vault::GetFailoverResponse* response) override {
    absl::MutexLock lock(&site_.mutex_);
    const auto found = site_.failovers_.find(request->failover_id());
    if (found == site_.failovers_.end()) {
      return Answer<vault::GetFailoverResponse>(
          context, response,
          MakeError(absl::StatusCode::kNotFound, "FAILOVER_NOT_FOUND", "no such failover"));
    }
    vault::GetFailoverResponse result;
    *result.mutable_failover() = found->second;
    return Answer<vault::GetFailoverResponse>(context, response, result);
  }

  grpc::ServerUnaryReactor* CreateDuty(grpc::CallbackServerContext* context,
                                       const vault::CreateDutyRequest* request,
                                       vault::CreateDutyResponse* response) override {
    absl::MutexLock lock(&site_.mutex_);
    if (const absl::Status status = Check(request->epoch()); !status.ok()) {
      return Answer<vault::CreateDutyResponse>(context, response, status);
    }
    vault::Duty& duty = site_.duties_[request->duty().id()];
    duty = request->duty();
    duty.mutable_assignment()->set_number(1);
    vault::CreateDutyResponse result;
    *result.mutable_duty() = duty;
    return Answer<vault::CreateDutyResponse>(context, response, result);
  }

  grpc::ServerUnaryReactor* ClaimDuty(grpc::CallbackServerContext* context,
                                      const vault::ClaimDutyRequest* request,
                                      vault::ClaimDutyResponse* response) override {
    absl::MutexLock lock(&site_.mutex_);
    return Answer<vault::ClaimDutyResponse>(context, response, Claim(*request));
  }

  grpc::ServerBidiReactor<vault::ClaimDutiesRequest, vault::ClaimDutiesResponse>* ClaimDuties(
      grpc::CallbackServerContext* context) override {
    const auto line = ClaimStream::Make(
        [this](const std::shared_ptr<ClaimStream>& from, const vault::ClaimDutiesRequest& request) {
          AnswerOn(*from, request);
        },
        {.domain = kDomain, .on_done = nullptr, .context = context});
    absl::MutexLock lock(&site_.mutex_);
    site_.claim_streams_.push_back(line);
    return line.get();
  }

  grpc::ServerUnaryReactor* ConfirmDuty(grpc::CallbackServerContext* context,
                                        const vault::ConfirmDutyRequest* request,
                                        vault::ConfirmDutyResponse* response) override {
    absl::MutexLock lock(&site_.mutex_);
    absl::Status status = Check(request->epoch());
    vault::Assignment& assignment = *site_.duties_[request->duty_id()].mutable_assignment();
    if (request->assignment_number() != assignment.number()) status = Mismatch();
    if (!status.ok()) return Answer<vault::ConfirmDutyResponse>(context, response, status);
    assignment.set_state(vault::Assignment::STATE_RUNNING);
    if (request->has_failover()) site_.failovers_[request->failover().id()] = request->failover();
    vault::ConfirmDutyResponse result;
    *result.mutable_assignment() = assignment;
    return Answer<vault::ConfirmDutyResponse>(context, response, result);
  }

  grpc::ServerUnaryReactor* RecordFailover(grpc::CallbackServerContext* context,
                                           const vault::RecordFailoverRequest* request,
                                           vault::RecordFailoverResponse* response) override {
    absl::MutexLock lock(&site_.mutex_);
    if (const absl::Status status = Check(request->epoch()); !status.ok()) {
      return Answer<vault::RecordFailoverResponse>(context, response, status);
    }
    site_.failovers_[request->failover().id()] = request->failover();
    return Answer<vault::RecordFailoverResponse>(context, response,
                                                 vault::RecordFailoverResponse());
  }

 private:
  void AnswerOn(ClaimStream& line, const vault::ClaimDutiesRequest& request) {
    absl::MutexLock lock(&site_.mutex_);
    const absl::StatusOr<vault::ClaimDutyResponse> result = Claim(request.claim());
    vault::ClaimDutiesResponse response;
    response.set_number(request.number());
    if (result.ok()) {
      *response.mutable_claimed() = *result;
    } else {
      ToStatusProto(result.status(), kDomain, *response.mutable_refused());
    }
    if (!request.claim().validate_only()) ++site_.claims_on_streams_;
    if (!site_.silent_) line.Send(response);
  }
  absl::StatusOr<vault::ClaimDutyResponse> Claim(const vault::ClaimDutyRequest& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(site_.mutex_) {
    UNDERSTUDY_RETURN_IF_ERROR(Check(request.epoch()));
    vault::Assignment& assignment =
        *site_.duties_[request.assignment().duty_id()].mutable_assignment();
    if (request.assignment().number() != assignment.number() + 1) return Mismatch();
    vault::ClaimDutyResponse result;
    *result.mutable_assignment() = request.assignment();
    if (request.validate_only()) return result;
    assignment = request.assignment();
    site_.failovers_[request.failover().id()] = request.failover();
    return result;
  }
  absl::Status Check(uint64_t epoch) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(site_.mutex_) {
    if (!site_.writable_) return absl::UnavailableError("not now");
    if (epoch == site_.epoch_) return absl::OkStatus();
    return MakeError(absl::StatusCode::kFailedPrecondition, "STALE_EPOCH", "another epoch");
  }

  FakeSite& site_;
};

class FakeSite::Documents final : public vault::Documents::CallbackService {
 public:
  explicit Documents(FakeSite& site) : site_(site) {}

  grpc::ServerWriteReactor<vault::WatchResponse>* Watch(
      grpc::CallbackServerContext*, const vault::WatchRequest* request) override {
    auto stream = DocumentStream::Make({.domain = kDomain, .on_done = [](const absl::Status&) {}});
    absl::MutexLock lock(&site_.mutex_);
    uint64_t latest = 0;
    for (const auto& [name, info] : site_.documents_) {
      latest = std::max(latest, info.revision());
      if (!request->snapshot() && info.revision() <= request->after_revision()) continue;
      vault::WatchResponse event;
      *event.mutable_changed() = info;
      stream->Send(event);
    }
    vault::WatchResponse synced;
    synced.set_synced_revision(latest);
    stream->Send(synced);
    site_.document_streams_.push_back(stream);
    return stream.get();
  }

 private:
  FakeSite& site_;
};

class FakeSite::Membership final : public members::Membership::CallbackService {
 public:
  explicit Membership(FakeSite& site) : site_(site) {}

  grpc::ServerWriteReactor<members::WatchMembershipResponse>* WatchMembership(
      grpc::CallbackServerContext*, const members::WatchMembershipRequest*) override {
    auto stream = MemberStream::Make({.domain = kDomain, .on_done = [](const absl::Status&) {}});
    absl::MutexLock lock(&site_.mutex_);
    members::WatchMembershipResponse response;
    response.set_incarnation(1);
    response.set_revision(site_.member_revision_);
    // In as many parts as can be.
    size_t left = site_.members_.size();
    for (const auto& [id, member] : site_.members_) {
      response.mutable_snapshot()->Clear();
      *response.mutable_snapshot()->add_members() = member;
      response.mutable_snapshot()->set_more_follows(--left != 0);
      stream->Send(response);
    }
    response.mutable_snapshot();
    if (site_.members_.empty()) stream->Send(response);
    site_.member_streams_.push_back(stream);
    return stream.get();
  }

 private:
  FakeSite& site_;
};

FakeSite::FakeSite()
    : registry_service_(std::make_unique<Registry>(*this)),
      documents_service_(std::make_unique<Documents>(*this)),
      membership_service_(std::make_unique<Membership>(*this)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  builder.RegisterService(registry_service_.get());
  builder.RegisterService(documents_service_.get());
  builder.RegisterService(membership_service_.get());
  server_ = builder.BuildAndStart();
}

FakeSite::~FakeSite() {
  BreakStreams();
  server_->Shutdown();
}

std::string FakeSite::address() const { return absl::StrCat("127.0.0.1:", port_); }

vault::WatchRoleResponse FakeSite::Role() const {
  vault::WatchRoleResponse response;
  response.set_role(role_);
  response.set_epoch(epoch_);
  return response;
}

void FakeSite::SetRole(vault::Role role, uint64_t epoch) {
  absl::MutexLock lock(&mutex_);
  role_ = role;
  epoch_ = epoch;
  for (const auto& stream : role_streams_) stream->Send(Role());
}

void FakeSite::PutDocument(const std::string& duty_id, uint64_t revision, char content,
                           const std::string& author) {
  absl::MutexLock lock(&mutex_);
  vault::DocumentInfo& info = documents_["duties/" + duty_id];
  info.set_name("duties/" + duty_id);
  info.set_revision(revision);
  info.set_sha256(std::string(32, content));
  info.set_author(author);
  vault::WatchResponse event;
  *event.mutable_changed() = info;
  for (const auto& stream : document_streams_) stream->Send(event);
}

void FakeSite::PutMember(members::MemberChanged::Reason reason, const members::Member& member) {
  absl::MutexLock lock(&mutex_);
  members_[member.station_id()] = member;
  members::WatchMembershipResponse event;
  event.set_incarnation(1);
  event.set_revision(++member_revision_);
  event.mutable_changed()->set_reason(reason);
  *event.mutable_changed()->mutable_member() = member;
  for (const auto& stream : member_streams_) stream->Send(event);
}

void FakeSite::JoinDeployment(const std::string& station, const std::string& duty,
                              uint32_t cameras) {
  members::Member member;
  member.set_station_id(station);
  member.set_kind(type::v1::STATION_KIND_DEPLOYMENT);
  member.set_state(members::Member::STATE_ALIVE);
  (*member.mutable_capabilities()->mutable_counts())["camera.rtsp"] = cameras;
  member.mutable_declared_duty()->set_id(duty);
  *member.mutable_declared_duty()->mutable_needs() = member.capabilities();
  member.set_duty_id(duty);
  PutMember(members::MemberChanged::REASON_JOINED, member);
}

void FakeSite::JoinBackup(const std::string& station, uint32_t cameras) {
  members::Member member;
  member.set_station_id(station);
  member.set_kind(type::v1::STATION_KIND_BACKUP);
  member.set_state(members::Member::STATE_ALIVE);
  (*member.mutable_capabilities()->mutable_counts())["camera.rtsp"] = cameras;
  PutMember(members::MemberChanged::REASON_JOINED, member);
}

void FakeSite::Fail(const std::string& station) {
  members::Member member;
  {
    absl::MutexLock lock(&mutex_);
    member = members_.at(station);
  }
  member.set_state(members::Member::STATE_FAILED);
  member.set_verdict(type::v1::VERDICT_CRASHED);
  member.mutable_evidence()->mutable_silent_for()->set_nanos(300'000'000);
  PutMember(members::MemberChanged::REASON_FAILED, member);
}

void FakeSite::BecomeBackup(const std::string& station) {
  members::Member member;
  {
    absl::MutexLock lock(&mutex_);
    member = members_.at(station);
  }
  member.set_kind(type::v1::STATION_KIND_BACKUP);
  member.clear_duty_id();
  member.clear_declared_duty();
  PutMember(members::MemberChanged::REASON_REPORTED, member);
}

void FakeSite::BreakStreams() {
  absl::MutexLock lock(&mutex_);
  const absl::Status status = absl::UnavailableError("broken by the test");
  for (const auto& stream : std::exchange(role_streams_, {})) stream->Finish(status);
  for (const auto& stream : std::exchange(document_streams_, {})) stream->Finish(status);
  for (const auto& stream : std::exchange(member_streams_, {})) stream->Finish(status);
  for (const auto& stream : std::exchange(claim_streams_, {})) stream->Finish(status);
}

void FakeSite::SetWritable(bool writable) {
  absl::MutexLock lock(&mutex_);
  writable_ = writable;
}

bool FakeSite::FailoverIs(const std::string& id, vault::Failover::State state) const {
  const auto found = failovers_.find(id);
  return found != failovers_.end() && found->second.state() == state;
}

vault::Failover FakeSite::AwaitFailover(const std::string& id, vault::Failover::State state) {
  absl::MutexLock lock(&mutex_);
  auto is_so = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return FailoverIs(id, state); };
  mutex_.Await(absl::Condition(&is_so));
  return failovers_.at(id);
}

vault::Assignment FakeSite::AwaitAssignment(const std::string& duty_id, uint64_t number) {
  absl::MutexLock lock(&mutex_);
  auto is_so = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto found = duties_.find(duty_id);
    return found != duties_.end() && found->second.assignment().number() >= number;
  };
  mutex_.Await(absl::Condition(&is_so));
  return duties_.at(duty_id).assignment();
}

void FakeSite::SetSilent(bool silent) {
  absl::MutexLock lock(&mutex_);
  silent_ = silent;
}

int FakeSite::claims_on_streams() const {
  absl::MutexLock lock(&mutex_);
  return claims_on_streams_;
}

int FakeSite::role_watches() const {
  absl::MutexLock lock(&mutex_);
  return role_watches_;
}

}  // namespace understudy::failover_orchestrator
