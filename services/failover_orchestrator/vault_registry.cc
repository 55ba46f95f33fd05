#include "services/failover_orchestrator/vault_registry.h"

#include <grpcpp/channel.h>

#include <utility>

#include "services/failover_orchestrator/failover_codec.h"

namespace understudy::failover_orchestrator {
namespace {

namespace vault = config_vault::v1;

constexpr uint32_t kPageSize = 1000;

absl::Status DecodeInto(const vault::ListDutiesResponse& response,
                        RegistryPort::Contents& contents) {
  for (const vault::Duty& message : response.duties()) {
    absl::StatusOr<Duty> duty = DecodeDuty(message);
    if (!duty.ok()) return duty.status();
    contents.duties.push_back(*std::move(duty));
  }
  return absl::OkStatus();
}

template <typename Claim>
vault::ClaimDutyRequest EncodeClaim(const Claim& claim) {
  vault::ClaimDutyRequest request;
  *request.mutable_assignment() = EncodeAssignment(claim.assignment);
  *request.mutable_failover() = EncodeFailover(claim.failover);
  request.set_epoch(claim.epoch);
  return request;
}

}  // namespace

VaultRegistry::VaultRegistry(const std::shared_ptr<grpc::Channel>& channel, absl::Duration timeout)
    : timeout_(timeout),
      stub_(vault::Registry::NewStub(channel)),
      line_(ClaimLine::Make(*stub_, timeout)) {}

VaultRegistry::~VaultRegistry() { Stop(); }

void VaultRegistry::Create(const CreateDuty& write, OnAssignment done) {
  vault::CreateDutyRequest request;
  *request.mutable_duty() = EncodeDuty(write.duty);
  request.set_epoch(write.epoch);
  calls_.Call(*stub_->async(), &Stub::async::CreateDuty, std::move(request), timeout_,
              [done = std::move(done)](absl::StatusOr<vault::CreateDutyResponse> response) {
                if (!response.ok()) return done(response.status());
                done(DecodeAssignment(response->duty().assignment()));
              });
}

void VaultRegistry::Claim(const ClaimDuty& write, OnAssignment done) {
  auto answer = [done = std::move(done)](absl::StatusOr<vault::ClaimDutyResponse> response) {
    if (!response.ok()) return done(response.status());
    done(DecodeAssignment(response->assignment()));
  };
  if (line_->IsProven()) return line_->Send(EncodeClaim(write), std::move(answer));
  calls_.Call(*stub_->async(), &Stub::async::ClaimDuty, EncodeClaim(write), timeout_,
              std::move(answer));
}

void VaultRegistry::Rehearse(const RehearseClaim& claim) {
  vault::ClaimDutyRequest request = EncodeClaim(claim);
  request.set_validate_only(true);
  line_->Open();
  line_->Send(std::move(request), [](const absl::StatusOr<vault::ClaimDutyResponse>&) {});
}

void VaultRegistry::Confirm(const ConfirmDuty& write, OnStatus done) {
  vault::ConfirmDutyRequest request;
  request.set_duty_id(write.duty_id);
  request.set_assignment_number(write.assignment_number);
  if (write.failover.has_value()) *request.mutable_failover() = EncodeFailover(*write.failover);
  request.set_epoch(write.epoch);
  calls_.Call(*stub_->async(), &Stub::async::ConfirmDuty, std::move(request), timeout_,
              [done = std::move(done)](const absl::StatusOr<vault::ConfirmDutyResponse>& response) {
                done(response.status());
              });
}

void VaultRegistry::Record(const RecordFailover& write, OnStatus done) {
  vault::RecordFailoverRequest request;
  *request.mutable_failover() = EncodeFailover(write.failover);
  request.set_epoch(write.epoch);
  calls_.Call(
      *stub_->async(), &Stub::async::RecordFailover, std::move(request), timeout_,
      [done = std::move(done)](const absl::StatusOr<vault::RecordFailoverResponse>& response) {
        done(response.status());
      });
}

// Failovers first: what is claimed in between shows as a newer assignment, never as a lost one.
void VaultRegistry::Load(OnContents done) {
  LoadFailovers(std::make_shared<Contents>(), "", std::move(done));
}

void VaultRegistry::LoadFailovers(std::shared_ptr<Contents> contents, const std::string& page_token,
                                  OnContents done) {
  vault::ListFailoversRequest request;
  request.set_page_size(kPageSize);
  request.set_page_token(page_token);
  request.set_unfinished(true);
  ListFailovers(request, [this, contents, done = std::move(done)](
                             absl::StatusOr<vault::ListFailoversResponse> response) {
    if (!response.ok()) return done(response.status());
    for (const vault::Failover& message : response->failovers()) {
      contents->unfinished.push_back(DecodeFailover(message));
    }
    if (!response->next_page_token().empty()) {
      return LoadFailovers(contents, response->next_page_token(), done);
    }
    LoadDuties(contents, "", done);
  });
}

void VaultRegistry::LoadDuties(std::shared_ptr<Contents> contents, const std::string& page_token,
                               OnContents done) {
  vault::ListDutiesRequest request;
  request.set_page_size(kPageSize);
  request.set_page_token(page_token);
  calls_.Call(*stub_->async(), &Stub::async::ListDuties, request, timeout_,
              [this, contents, done = std::move(done)](
                  const absl::StatusOr<vault::ListDutiesResponse>& response) {
                if (!response.ok()) return done(response.status());
                const absl::Status decoded = DecodeInto(*response, *contents);
                if (!decoded.ok()) return done(decoded);
                if (response->next_page_token().empty()) return done(std::move(*contents));
                LoadDuties(contents, response->next_page_token(), done);
              });
}

void VaultRegistry::ListFailovers(const vault::ListFailoversRequest& request, OnFailovers done) {
  calls_.Call(*stub_->async(), &Stub::async::ListFailovers, request, timeout_, std::move(done));
}

void VaultRegistry::GetFailover(const vault::GetFailoverRequest& request, OnFailover done) {
  calls_.Call(*stub_->async(), &Stub::async::GetFailover, request, timeout_, std::move(done));
}

}  // namespace understudy::failover_orchestrator
