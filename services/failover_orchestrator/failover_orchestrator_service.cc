#include "services/failover_orchestrator/failover_orchestrator_service.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/document/identifiers.h"
#include "common/rpc/unary.h"
#include "common/status/status.h"
#include "services/failover_orchestrator/failover_codec.h"
#include "services/failover_orchestrator/status_report.h"

namespace understudy::failover_orchestrator {
namespace {

namespace vault = config_vault::v1;

constexpr char kDomain[] = "failover-orchestrator.understudy";
constexpr size_t kMaxWatcherQueue = 1024;

v1::DutyStatus Encode(const DutyReport& report) {
  v1::DutyStatus message;
  *message.mutable_duty() = EncodeDuty(report.duty);
  message.set_document_revision(report.document.revision);
  message.set_document_sha256(report.document.sha256);
  for (const DutyReport::ReadySpare& ready : report.spares) {
    v1::Spare& spare = *message.add_spares();
    spare.set_station_id(ready.station_id);
    spare.set_left_over(ready.left_over);
    spare.set_staged(ready.staged);
  }
  if (report.failover) *message.mutable_failover() = EncodeFailover(*report.failover);
  return message;
}

}  // namespace

FailoverOrchestratorService::FailoverOrchestratorService(
    Parts parts, size_t max_watchers, std::function<std::vector<std::string>()> outages)
    : parts_(parts), max_watchers_(max_watchers), outages_(std::move(outages)) {}

absl::Status FailoverOrchestratorService::NotRoot() const {
  return MakeNotRootError("this control node is not root", root_);
}

void FailoverOrchestratorService::SetSentinel(bool sentinel, const RootRedirect& root) {
  sentinel_ = sentinel;
  root_ = root;
  if (!sentinel) return;
  for (const auto& watcher : watchers_) watcher->Finish(NotRoot());
  watchers_.clear();
}

absl::StatusOr<v1::GetStatusResponse> FailoverOrchestratorService::Status() const {
  if (sentinel_) return NotRoot();
  const FailoverCore& core = parts_.runner.core();
  v1::GetStatusResponse response;
  for (const DutyReport& report : ReportDuties(core)) *response.add_duties() = Encode(report);
  for (std::string& outage : outages_()) response.add_warnings(std::move(outage));
  for (std::string& warning : ReportWarnings(core)) response.add_warnings(std::move(warning));
  response.set_epoch(core.epoch().value_or(0));
  response.set_acting(core.Ready());
  return response;
}

grpc::ServerUnaryReactor* FailoverOrchestratorService::GetStatus(
    grpc::CallbackServerContext* context, const v1::GetStatusRequest*,
    v1::GetStatusResponse* response) {
  rpc::UnaryReply<v1::GetStatusResponse> reply(context, response, kDomain);
  grpc::ServerUnaryReactor* reactor = reply.reactor();
  parts_.executor.Post([this, reply = std::move(reply)]() mutable { reply.Finish(Status()); });
  return reactor;
}

grpc::ServerUnaryReactor* FailoverOrchestratorService::ListFailovers(
    grpc::CallbackServerContext* context, const v1::ListFailoversRequest* request,
    v1::ListFailoversResponse* response) {
  auto reply =
      std::make_shared<rpc::UnaryReply<v1::ListFailoversResponse>>(context, response, kDomain);
  grpc::ServerUnaryReactor* reactor = reply->reactor();
  vault::ListFailoversRequest asked;
  asked.set_page_size(request->page_size());
  asked.set_page_token(request->page_token());
  parts_.registry.ListFailovers(asked, [reply](absl::StatusOr<vault::ListFailoversResponse> found) {
    if (!found.ok()) return reply->Fail(found.status());
    v1::ListFailoversResponse answer;
    *answer.mutable_failovers() = std::move(*found->mutable_failovers());
    answer.set_next_page_token(found->next_page_token());
    reply->Finish(std::move(answer));
  });
  return reactor;
}

grpc::ServerUnaryReactor* FailoverOrchestratorService::GetFailover(
    grpc::CallbackServerContext* context, const v1::GetFailoverRequest* request,
    v1::GetFailoverResponse* response) {
  auto reply =
      std::make_shared<rpc::UnaryReply<v1::GetFailoverResponse>>(context, response, kDomain);
  grpc::ServerUnaryReactor* reactor = reply->reactor();
  vault::GetFailoverRequest asked;
  asked.set_failover_id(request->failover_id());
  parts_.registry.GetFailover(asked, [reply](absl::StatusOr<vault::GetFailoverResponse> found) {
    if (!found.ok()) return reply->Fail(found.status());
    v1::GetFailoverResponse answer;
    *answer.mutable_failover() = std::move(*found->mutable_failover());
    reply->Finish(std::move(answer));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchFailoversResponse>* FailoverOrchestratorService::WatchFailovers(
    grpc::CallbackServerContext*, const v1::WatchFailoversRequest*) {
  rpc::StreamOptions options;
  options.domain = kDomain;
  options.max_queue = kMaxWatcherQueue;
  options.group = &parts_.group;
  options.on_done = [this](const absl::Status&) {
    parts_.executor.Post([this] {
      std::erase_if(watchers_, [](const auto& watcher) { return !watcher->is_open(); });
    });
  };
  auto watcher = Watcher::Make(std::move(options));
  parts_.executor.Post([this, watcher] { AddWatcher(watcher); });
  return watcher.get();
}

void FailoverOrchestratorService::AddWatcher(const std::shared_ptr<Watcher>& watcher) {
  if (sentinel_) return watcher->Finish(NotRoot());
  if (watchers_.size() >= max_watchers_) {
    watcher->Finish(MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHERS",
                              absl::StrCat("expected at most ", max_watchers_, " watchers")));
    return;
  }
  for (const FailoverRecord& record : parts_.runner.core().UnfinishedFailovers()) {
    v1::WatchFailoversResponse event;
    *event.mutable_failover() = EncodeFailover(record);
    watcher->Send(std::move(event));
  }
  watchers_.push_back(watcher);
}

void FailoverOrchestratorService::Broadcast(const FailoverRecord& record) {
  v1::WatchFailoversResponse event;
  *event.mutable_failover() = EncodeFailover(record);
  std::erase_if(watchers_, [&](const auto& watcher) { return !watcher->Send(event); });
}

grpc::ServerUnaryReactor* FailoverOrchestratorService::Drill(grpc::CallbackServerContext* context,
                                                             const v1::DrillRequest* request,
                                                             v1::DrillResponse* response) {
  rpc::UnaryReply<v1::DrillResponse> reply(context, response, kDomain);
  grpc::ServerUnaryReactor* reactor = reply.reactor();
  if (const absl::Status valid = CheckStationId(request->station_id()); !valid.ok()) {
    reply.Fail(valid);
    return reactor;
  }
  parts_.runner.Drill(request->station_id(), request->dry_run(),
                      [this, reply = std::move(reply)](auto answer) mutable {
                        const bool not_root = ErrorReason(answer.status()) == kNotRootReason;
                        if (not_root) return reply.Fail(NotRoot());
                        if (!answer.ok()) return reply.Fail(answer.status());
                        v1::DrillResponse message;
                        *message.mutable_failover() = EncodeFailover(*answer);
                        reply.Finish(std::move(message));
                      });
  return reactor;
}

}  // namespace understudy::failover_orchestrator
