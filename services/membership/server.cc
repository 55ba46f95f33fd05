#include "services/membership/server.h"

#include <algorithm>
#include <utility>

#include "common/executor/serial_executor.h"
#include "common/log/log.h"
#include "common/metrics/metrics.h"
#include "common/random/random.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "common/rpc/stream_group.h"
#include "common/status/status.h"
#include "common/time/system_clock.h"
#include "services/membership/admission.h"
#include "services/membership/beat_stats_reporter.h"
#include "services/membership/membership_metrics.h"
#include "services/membership/membership_runner.h"
#include "services/membership/membership_service.h"
#include "services/membership/vault_station_registry.h"

namespace understudy::membership {
namespace {

// A beat that waits for a slow read delays a verdict by as much, so reads wait a part of a tick.
// It also bounds how long a stop takes.
absl::Duration ReceiveWait(const DetectorPolicy& policy) {
  return std::min(policy.tick / 2, absl::Milliseconds(50));
}

Terms MakeTerms(const Config& config, int beat_port) {
  return {.beat_address = BeatAddress(config, beat_port),
          .beat_interval = config.detector.beat_interval,
          .missed_beats_limit = config.detector.missed_beats_limit,
          .lease = config.lease,
          .tick = config.detector.tick};
}

}  // namespace

// Members are made from the inside out, and stop from the outside in.
class Server::Parts {
 public:
  Parts(const Config& config, std::unique_ptr<StationRegistry> registry,
        std::unique_ptr<UdpSocket> socket)
      : config_(config),
        heard_(config.limits.slots()),
        sessions_(heard_),
        registry_(std::move(registry)),
        receiver_(clock_, sessions_, std::move(socket),
                  [this](const std::vector<Slot>& slots) {
                    executor_.Post([this, slots] { runner_.HealthChanged(slots); });
                  }),
        reporter_(receiver_.stats(), metrics_),
        service_(executor_, streams_, MakeTerms(config, receiver_.port()), metrics_,
                 [this](bool serving) { rpc_->SetServing(serving); }),
        runner_(config.detector, config.limits,
                {.executor = executor_,
                 .clock = clock_,
                 .random = random_,
                 .registry = *registry_,
                 .admission = admission_,
                 .sessions = sessions_,
                 .heard = heard_,
                 .metrics = metrics_,
                 .observed = [this] { return receiver_.drained_until(); },
                 .on_tick = [this](SteadyTime now) { reporter_.Publish(now); }},
                service_) {
    service_.SetRunner(runner_);
  }

  absl::Status Start() {
    rpc::ServerOptions options;
    options.service = "membership";
    options.registry = &metrics_registry_;
    options.services = {{&service_, v1::Membership::service_full_name()}};
    options.streams = &streams_;
    // Until the vault has said that we are root.
    options.serving = false;
    options.other_ports = {{"beats", receiver_.port()}};
    UNDERSTUDY_ASSIGN_OR_RETURN(rpc_, rpc::Server::Start(config_.service, std::move(options)));
    if (receiver_.receive_buffer_bytes() < config_.receive_buffer_bytes) {
      log_.Info(
          "the kernel grants the beat socket {} bytes of {}: a large site needs a higher "
          "net.core.rmem_max",
          receiver_.receive_buffer_bytes(), config_.receive_buffer_bytes);
    }
    receiver_.Start();
    executor_.Post([this] { runner_.Start(); });
    return absl::OkStatus();
  }

  void StopCalls() {
    if (rpc_ != nullptr) rpc_->Shutdown();
  }
  void StopBeats() { receiver_.Stop(); }
  void StopVault() { registry_->Stop(); }
  void StopCore() { executor_.Stop(); }

  void StopAll() {
    StopCalls();
    StopBeats();
    StopVault();
    StopCore();
  }

  const rpc::Ports& ports() const { return rpc_->ports(); }
  const BeatReceiver& receiver() const { return receiver_; }

 private:
  const log::Logger log_{"membership"};
  const Config config_;
  const SystemClock clock_;
  Random random_ = Random::FromEntropy();
  metrics::Registry metrics_registry_;
  const MembershipMetrics metrics_{metrics_registry_};
  OpenAdmission admission_;
  rpc::StreamGroup streams_;
  HeardTimes heard_;
  SharedSessions sessions_;
  SerialExecutor executor_{"membership", clock_};
  const std::unique_ptr<StationRegistry> registry_;
  BeatReceiver receiver_;
  BeatStatsReporter reporter_;
  MembershipService service_;
  MembershipRunner runner_;
  std::unique_ptr<rpc::Server> rpc_;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() { parts_->StopAll(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config) {
  rpc::ChannelOptions options;
  options.maximum_reconnect = absl::Milliseconds(500);
  UNDERSTUDY_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                              rpc::MakeChannel(config.vault, config.service.tls, options));
  return StartWith(config, MakeVaultStationRegistry(std::move(channel)));
}

absl::StatusOr<std::unique_ptr<Server>> Server::StartWith(
    const Config& config, std::unique_ptr<StationRegistry> registry) {
  UNDERSTUDY_ASSIGN_OR_RETURN(std::unique_ptr<UdpSocket> socket,
                              UdpSocket::Bind({.listen = config.beat_listen,
                                               .receive_buffer_bytes = config.receive_buffer_bytes,
                                               .wait = ReceiveWait(config.detector)}));
  std::unique_ptr<Server> server(
      new Server(std::make_unique<Parts>(config, std::move(registry), std::move(socket))));
  UNDERSTUDY_RETURN_IF_ERROR(server->parts_->Start());
  return server;
}

void Server::AddStopSteps(lifecycle::StopSequence& stop) {
  stop.Add("calls", [this] { parts_->StopCalls(); });
  stop.Add("beats", [this] { parts_->StopBeats(); });
  stop.Add("vault", [this] { parts_->StopVault(); });
  stop.Add("core", [this] { parts_->StopCore(); });
}

const rpc::Ports& Server::ports() const { return parts_->ports(); }

const BeatReceiver& Server::receiver() const { return parts_->receiver(); }

}  // namespace understudy::membership
