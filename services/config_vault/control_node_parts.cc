#include "services/config_vault/control_node_parts.h"

#include <utility>

#include "common/status/status.h"

namespace understudy::config_vault {
namespace {

// How soon an admitted or removed node is noticed. Until then those who have not seen the change
// cannot claim, and the root reads without its lease.
constexpr absl::Duration kLookEvery = absl::Milliseconds(200);

}  // namespace

uint64_t ControlNodeParts::DrawInstance() {
  Random random = Random::FromEntropy();
  uint64_t instance = 0;
  while (instance == 0) instance = random.Next();
  return instance;
}

absl::StatusOr<std::unique_ptr<ControlNodeParts>> ControlNodeParts::Make(
    const ControlConfig& config, const Needs& needs) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::string secret, ReadControlSecret(config.secret_file));
  UNDERSTUDY_ASSIGN_OR_RETURN(std::unique_ptr<ControlSocket> socket,
                              ControlSocket::Bind(config.beat_listen));
  return std::unique_ptr<ControlNodeParts>(
      new ControlNodeParts(config, needs, ControlBeatKey(secret), std::move(socket)));
}

ControlNodeParts::ControlNodeParts(const ControlConfig& config, const Needs& needs,
                                   const beat::SessionKey& key,
                                   std::unique_ptr<ControlSocket> socket)
    : config_(config),
      needs_(needs),
      metrics_(needs.registry),
      socket_(std::move(socket)),
      beats_("root-claim", needs.clock),
      runner_(config.policy,
              {.id = config.node, .instance = DrawInstance(), .addresses = config.advertise}, key,
              {.clock = needs.clock,
               .random = random_,
               .executor = beats_,
               .key = needs.key,
               .reign = needs.reign,
               .role = needs.role,
               .lease = needs.lease,
               .socket = *socket_,
               .metrics = metrics_}),
      nodes_executor_("control-nodes", needs.clock) {}

ControlNodeParts::~ControlNodeParts() { Stop(); }

std::vector<ControlNode> ControlNodeParts::ConfiguredNodes() const { return config_.nodes; }

void ControlNodeParts::Start() {
  log_.Info("control node {} beats at {}, every {} ms", config_.node, config_.beat_listen,
            absl::ToInt64Milliseconds(config_.policy.beat_interval));
  runner_.Start(ConfiguredNodes());
  needs_.household.SetListener([this](bool whole) { runner_.SetHousehold(whole); });
  nodes_executor_.Post([this] { LookAtNodes(); });
}

void ControlNodeParts::Stop() {
  needs_.household.SetListener(nullptr);
  nodes_executor_.Stop();
  runner_.Stop();
  beats_.Stop();
}

void ControlNodeParts::LookAtNodes() {
  nodes_executor_.RunAt(needs_.clock.SteadyNow() + kLookEvery, [this] { LookAtNodes(); });
  const ReplicaProgress before = needs_.reign.progress();
  auto stored = ReadControlNodes(*needs_.store.Snapshot());
  // While the store is being filled it may lack them.
  const bool is_whole = before.following && needs_.reign.progress().following;
  absl::Status status = stored.status();
  if (stored.ok() && !stored->has_value()) {
    if (is_whole) runner_.SetNodesSeen(before.applied);
    return AdmitFirstNodes();
  }
  const bool retry = !nodes_status_.ok();
  if (stored.ok() && ((*stored)->revision != nodes_revision_ || retry)) {
    status = runner_.SetNodes((*stored)->nodes, (*stored)->revision);
    nodes_revision_ = (*stored)->revision;
  }
  // Where they cannot be read, those in use must do: the site needs a root.
  if (is_whole) runner_.SetNodesSeen(before.applied);
  // Once per outage.
  if (!status.ok() && nodes_status_.ok()) {
    log_.Warn("the admitted control nodes: {}", DescribeError(status));
  }
  nodes_status_ = std::move(status);
}

void ControlNodeParts::AdmitFirstNodes() {
  if (needs_.role.current().role != Role::kRoot) return;
  auto write = MakeControlNodesWrite(ConfiguredNodes(), 0, "control/" + config_.node,
                                     "the nodes that the configuration names",
                                     needs_.clock.WallNow());
  if (!write.ok()) return log_.Warn("{}", DescribeError(write.status()));
  needs_.engine.Propose(*std::move(write), [](const absl::StatusOr<Outcome>&) {
    // The next look shows what has become of it.
  });
}

}  // namespace understudy::config_vault
