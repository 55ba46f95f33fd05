#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "cli/output/format.h"
#include "cli/output/table.h"
#include "cli/verbs/vault_nodes.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

struct Options {
  std::string from;
  bool yes = false;
};

const VaultNode* Find(const std::vector<VaultNode>& nodes, const std::string& address) {
  for (const VaultNode& node : nodes) {
    if (node.address == address) return &node;
  }
  return nullptr;
}

absl::StatusOr<VaultNode> Choose(const std::vector<VaultNode>& nodes, const std::string& from) {
  if (from.empty()) return Fullest(nodes);
  const VaultNode* const chosen = Find(nodes, from);
  if (chosen == nullptr) {
    return MakeError(absl::StatusCode::kInvalidArgument, "UNKNOWN_REPLICA",
                     from + " is none of the site's vaults");
  }
  if (!chosen->position.ok()) return chosen->position.status();
  return *chosen;
}

Table PositionTable(const std::vector<VaultNode>& nodes, const VaultNode& chosen) {
  Table table({"VAULT",
               {"REVISION", Table::Align::kRight},
               {"DOCUMENTS", Table::Align::kRight},
               {"HISTORY", Table::Align::kRight},
               {"EPOCH", Table::Align::kRight},
               "WHAT"});
  for (const VaultNode& node : nodes) {
    if (!node.position.ok()) {
      table.AddRow({node.address, "", "", "", "", Cell("does not answer", Color::kYellow)});
      continue;
    }
    Cell what = "as much";
    if (node.address == chosen.address) what = Cell("to build from", Color::kGreen);
    if (node.revision() > chosen.revision()) what = Cell("newer", Color::kRed);
    if (node.revision() < chosen.revision()) what = "older";
    table.AddRow({node.address, absl::StrCat(node.position->revision()),
                  absl::StrCat(node.position->documents()),
                  absl::StrCat(node.position->kept_revisions()),
                  absl::StrCat(node.position->epoch()), what});
  }
  return table;
}

// What would be lost, or cannot be known; empty when nothing would.
std::string Losses(const std::vector<VaultNode>& nodes, const VaultNode& chosen) {
  std::string losses;
  for (const VaultNode& node : nodes) {
    if (!node.position.ok()) {
      absl::StrAppend(&losses, node.address, " does not answer: it may hold newer writes.\n");
    } else if (node.revision() > chosen.revision()) {
      absl::StrAppend(&losses, node.address, " holds ",
                      Plural(node.revision() - chosen.revision(), "write"),
                      " more, up to revision ", node.revision(), ": not brought into etcd.\n");
    }
  }
  return losses;
}

absl::Status Reseed(const Options& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const std::vector<VaultNode> nodes, AskVaults(context));
  UNDERSTUDY_ASSIGN_OR_RETURN(const VaultNode chosen, Choose(nodes, options.from));
  if (!context.json()) context.out() << PositionTable(nodes, chosen).Render(context.painter());
  context.err() << Losses(nodes, chosen);
  if (!options.yes) {
    UNDERSTUDY_RETURN_IF_ERROR(Confirm(
        context, absl::StrCat("The empty etcd gets what ", chosen.address, " holds.")));
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(ClientFactory * clients, context.Clients());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto client, clients->Replication(chosen.address));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto seeded, client->Seed());
  if (context.json()) {
    context.PrintJson(seeded);
    return absl::OkStatus();
  }
  context.out() << "etcd is built anew: " << Plural(seeded.documents(), "document")
                << ", revision " << seeded.revision() << ", epochs above " << seeded.epoch_base()
                << ".\n";
  return absl::OkStatus();
}

}  // namespace

void AddVaultReseed(Verb& vault) {
  Verb reseed = vault.Add("reseed", "Build a new, empty etcd from one vault's replica",
                          "understudy vault reseed\n"
                          "understudy vault reseed --from 10.0.0.6:7102 --yes");
  auto options = std::make_shared<Options>();
  reseed.Option(options->from, "--from", "HOST:PORT",
                "the vault to build from; else the one that holds the most");
  reseed.Flag(options->yes, "--yes", "do not ask");
  reseed.OnRun([options](Context& context) { return Reseed(*options, context); });
}

}  // namespace understudy::cli
