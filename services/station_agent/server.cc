#include "services/station_agent/server.h"

#include <grpcpp/channel.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/config/address_text.h"
#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/station_agent/agent.h"
#include "services/station_agent/grpc_vault_documents.h"
#include "services/station_agent/station_agent_service.h"

namespace understudy::station_agent {
namespace {

// How long a stop waits for membership's answer to "we leave".
constexpr absl::Duration kLeavePatience = absl::Seconds(2);

// gRPC's late callbacks read the clock: it outlives everything.
const Clock& TheClock() {
  static const SystemClock clock;
  return clock;
}

class Server final : public lifecycle::RunningService {
 public:
  explicit Server(const Config& config) : config_(config) {}

  absl::Status Start() {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto vault, Connect(config_.vault));
    UNDERSTUDY_ASSIGN_OR_RETURN(auto membership, Connect(config_.membership));
    UNDERSTUDY_ASSIGN_OR_RETURN(auto orchestrator, Connect(config_.orchestrator));
    vault_ = MakeGrpcVaultDocuments(std::move(vault));
    UNDERSTUDY_ASSIGN_OR_RETURN(agent_, Agent::Start(config_, MakeParts(membership, orchestrator)));
    service_ = MakeStationAgentService(*agent_, config_.station_id, config_.sync.mode);
    rpc::ServerOptions options;
    options.service = "station-agent";
    options.version = kAgentVersion;
    options.registry = &registry_;
    options.services = {{service_.get(), StationAgentServiceName()}};
    UNDERSTUDY_ASSIGN_OR_RETURN(rpc_, rpc::Server::Start(config_.service, std::move(options)));
    return absl::OkStatus();
  }

  ~Server() override { StopExecutors(); }

  void AddStopSteps(lifecycle::StopSequence& stop) override {
    if (config_.leave_on_stop) stop.Add("leave", [this] { LeaveAndWait(); });
    stop.Add("refuse calls", [this] { rpc_->Shutdown(absl::Milliseconds(500)); });
    stop.Add("talk no more", [this] { agent_->Quiet(); });
    stop.Add("executors", [this] { StopExecutors(); });
  }

 private:
  absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& address) const {
    return rpc::MakeChannel(address, config_.service.tls);
  }

  Agent::Parts MakeParts(std::shared_ptr<grpc::Channel> membership,
                         std::shared_ptr<grpc::Channel> orchestrator) {
    const std::string host = config::ParseAddress(config_.membership)->host;
    return {.clock = TheClock(),
            .random = random_,
            .executor = executor_,
            .disk = disk_,
            .vault = *vault_,
            .metrics = metrics_,
            .make_membership =
                [this, membership, host](MembershipObserver& observer) {
                  return MakeGrpcMembershipSession(TheClock(), random_, executor_, membership, host,
                                                   observer);
                },
            .make_orders =
                [this, orchestrator](OrdersObserver& observer) {
                  return MakeGrpcOrdersSession(TheClock(), random_, executor_, orchestrator,
                                               observer);
                },
            // The orderly way out, which ends with exit code 0.
            .on_left = [] { kill(getpid(), SIGTERM); }};
  }

  void LeaveAndWait() {
    auto answered = std::make_shared<absl::Notification>();
    agent_->Leave("the agent was stopped", [answered](const absl::Status&) { answered->Notify(); });
    answered->WaitForNotificationWithTimeout(kLeavePatience);
  }

  // What the last tasks would give to the disk is dropped: it is done again at the next start.
  void StopExecutors() {
    disk_->Stop();
    executor_->Stop();
  }

  const Config config_;
  metrics::Registry registry_;
  AgentMetrics metrics_{registry_};
  Random random_ = Random::FromEntropy();
  const std::shared_ptr<SerialExecutor> executor_ =
      std::make_shared<SerialExecutor>("agent", TheClock());
  const std::shared_ptr<SerialExecutor> disk_ =
      std::make_shared<SerialExecutor>("agent-disk", TheClock());
  std::unique_ptr<VaultDocuments> vault_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<grpc::Service> service_;
  std::unique_ptr<rpc::Server> rpc_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<lifecycle::RunningService>> StartServer(const Config& config) {
  auto server = std::make_unique<Server>(config);
  UNDERSTUDY_RETURN_IF_ERROR(server->Start());
  return std::unique_ptr<lifecycle::RunningService>(std::move(server));
}

}  // namespace understudy::station_agent
