#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/output/display_width.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/output/table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

using config_vault::v1::ControlNodeState;

struct Options {
  std::string node;
  std::string vault;
  std::string membership;
  std::string orchestrator;
  std::string beats;
};

// Nothing was heard of it for so long: nobody knows what it is.
constexpr absl::Duration kSilent = absl::Seconds(1);

Cell RoleCell(const ControlNodeState& state) {
  if (state.is_root()) return {"root", Color::kGreen};
  if (!state.has_heard_ago()) return "";
  const bool is_silent = !state.self() && ToDuration(state.heard_ago()) >= kSilent;
  return is_silent ? Cell("silent", Color::kRed) : Cell("sentinel");
}

// Behind by what others do not have yet: "0", or how many changes.
Cell LagCell(const ControlNodeState& state) {
  if (!state.has_heard_ago()) return "";
  if (!state.following()) return {"being filled", Color::kYellow};
  if (state.behind() == 0) return {"0", Color::kGreen};
  return {absl::StrCat(state.behind()), Color::kYellow};
}

Cell HeardCell(const ControlNodeState& state) {
  if (state.self()) return "answers";
  if (!state.has_heard_ago()) return {"never", Color::kRed};
  const absl::Duration ago = ToDuration(state.heard_ago());
  return {DurationText(ago) + " ago", ago < kSilent ? Color::kGreen : Color::kRed};
}

Cell HouseholdCell(const ControlNodeState& state) {
  if (!state.has_heard_ago()) return "";
  return state.household_whole() ? Cell("whole", Color::kGreen) : Cell("not whole", Color::kRed);
}

absl::Status List(Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->ListNodes());
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  Table table({"NODE",
               "ROLE",
               {"EPOCH", Table::Align::kRight},
               {"LAG", Table::Align::kRight},
               "HOUSEHOLD",
               "HEARD",
               "VAULT"});
  for (const ControlNodeState& state : response.nodes()) {
    const bool heard = state.has_heard_ago();
    table.AddRow({state.node().id(), RoleCell(state),
                  heard ? absl::StrCat(state.epoch()) : "", LagCell(state), HouseholdCell(state),
                  HeardCell(state), state.node().addresses().vault()});
  }
  context.out() << table.Render(context.painter());
  return absl::OkStatus();
}

absl::Status HandOver(const Options& options, Context& context) {
  config_vault::v1::HandOverRequest request;
  request.set_to(options.node);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault->HandOver(request));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << Printable(response.root()) << " is root under epoch " << response.epoch()
                  << ".\n";
  }
  return absl::OkStatus();
}

absl::Status AddNode(const Options& options, Context& context) {
  config_vault::v1::AddNodeRequest request;
  request.mutable_node()->set_id(options.node);
  request.mutable_node()->set_beats(options.beats);
  auto& addresses = *request.mutable_node()->mutable_addresses();
  addresses.set_vault(options.vault);
  addresses.set_membership(options.membership);
  addresses.set_orchestrator(options.orchestrator);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_RETURN_IF_ERROR(vault->AddNode(request));
  if (!context.json()) {
    context.out() << Printable(options.node) << " is admitted; start its vault.\n";
  }
  return absl::OkStatus();
}

absl::Status RemoveNode(const Options& options, Context& context) {
  config_vault::v1::RemoveNodeRequest request;
  request.set_id(options.node);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto vault, context.Vault());
  UNDERSTUDY_RETURN_IF_ERROR(vault->RemoveNode(request));
  if (!context.json()) {
    context.out() << Printable(options.node) << " is removed; stop its services.\n";
  }
  return absl::OkStatus();
}

void AddAdd(Verb& control, const std::shared_ptr<Options>& options) {
  Verb add = control.Add("add", "Admit a control node, or change the addresses of one",
                         "understudy control add control-4 --at-vault 10.0.0.14:7102 "
                         "--at-membership 10.0.0.14:7101 --at-orchestrator 10.0.0.14:7103 "
                         "--at-beats 10.0.0.14:7112");
  add.Argument(options->node, "NODE", "its id, as its vault's configuration has it");
  add.Option(options->vault, "--at-vault", "HOST:PORT", "where its config-vault is reached");
  add.Option(options->membership, "--at-membership", "HOST:PORT", "its membership");
  add.Option(options->orchestrator, "--at-orchestrator", "HOST:PORT", "its failover-orchestrator");
  add.Option(options->beats, "--at-beats", "HOST:PORT", "where it takes beats, UDP");
  add.OnRun([options](Context& context) { return AddNode(*options, context); });
}

}  // namespace

void AddControl(Verb& root) {
  Verb control = root.Add("control", "The control nodes: who is root, and who could be",
                          "understudy control list\n"
                          "understudy control handover control-2");
  control.NeedsVerb();
  auto options = std::make_shared<Options>();
  Verb list = control.Add("list", "Every control node with its role, epoch and lag",
                          "understudy control list -o json");
  list.OnRun([](Context& context) { return List(context); });
  Verb hand_over = control.Add("handover", "Hand the root over in order: no beat, no write is lost",
                               "understudy control handover control-2\n"
                               "understudy control handover");
  hand_over.OptionalArgument(options->node, "NODE",
                             "who is to be root; else the first that is fit");
  hand_over.OnRun([options](Context& context) { return HandOver(*options, context); });
  AddAdd(control, options);
  Verb remove = control.Add("remove", "Remove a control node that is not root",
                            "understudy control remove control-3");
  remove.Argument(options->node, "NODE", "its id");
  remove.OnRun([options](Context& context) { return RemoveNode(*options, context); });
}

}  // namespace understudy::cli
