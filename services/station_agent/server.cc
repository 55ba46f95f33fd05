#include "services/station_agent/server.h"

#include <grpcpp/channel.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/station_agent/agent.h"
#include "services/station_agent/control_channels.h"
#include "services/station_agent/device_side.h"
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
    UNDERSTUDY_RETURN_IF_ERROR(MakeChannels());
    vault_ = MakeGrpcVaultDocuments(*channels_);
    UNDERSTUDY_ASSIGN_OR_RETURN(agent_, Agent::Start(config_, MakeParts()));
    service_ =
        MakeStationAgentService(*agent_, device_side_, config_.station_id, config_.sync.mode);
    rpc::ServerOptions options;
    options.service = "station-agent";
    options.version = kAgentVersion;
    options.registry = &registry_;
    options.services = {{service_.get(), StationAgentServiceName()}};
    UNDERSTUDY_ASSIGN_OR_RETURN(rpc_, rpc::Server::Start(config_.service, std::move(options)));
    return absl::OkStatus();
  }

  ~Server() override { StopWork(); }

  void AddStopSteps(lifecycle::StopSequence& stop) override {
    if (config_.leave_on_stop) stop.Add("leave", [this] { LeaveAndWait(); });
    stop.Add("refuse calls", [this] { rpc_->Shutdown(absl::Milliseconds(500)); });
    stop.Add("talk no more", [this] { agent_->Quiet(); });
    stop.Add("coroutines and executors", [this] { StopWork(); });
  }

 private:
  // The certificates are tried out once, so that bad ones stop the start.
  absl::Status MakeChannels() {
    const auto connect = [tls = config_.service.tls](const std::string& address) {
      return rpc::MakeChannel(address, tls);
    };
    UNDERSTUDY_RETURN_IF_ERROR(connect(config_.control_nodes.front().membership).status());
    channels_ = std::make_unique<ControlChannels>(config_.control_nodes, connect);
    return absl::OkStatus();
  }

  Agent::Parts MakeParts() {
    return {.clock = TheClock(),
            .random = random_,
            .executor = executor_,
            .disk = disk_,
            .runtime = device_side_.runtime(),
            .vault = *vault_,
            .metrics = metrics_,
            .make_membership =
                [this](MembershipObserver& observer) {
                  return MakeGrpcMembershipSession(TheClock(), random_, executor_, *channels_,
                                                   observer);
                },
            .make_orders =
                [this](OrdersObserver& observer) {
                  return MakeGrpcOrdersSession(TheClock(), random_, executor_, *channels_,
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
  void StopWork() {
    device_side_.Stop();
    disk_->Stop();
    executor_->Stop();
  }

  const Config config_;
  metrics::Registry registry_;
  AgentMetrics metrics_{registry_};
  DeviceSide device_side_{TheClock(), registry_};
  Random random_ = Random::FromEntropy();
  const std::shared_ptr<SerialExecutor> executor_ =
      std::make_shared<SerialExecutor>("agent", TheClock());
  const std::shared_ptr<SerialExecutor> disk_ =
      std::make_shared<SerialExecutor>("agent-disk", TheClock());
  std::unique_ptr<ControlChannels> channels_;
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
