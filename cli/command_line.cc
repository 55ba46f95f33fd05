#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "cli/error_text.h"
#include "cli/exit_code.h"
#include "cli/verb.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

// Everything that the parser fills.
struct Parsed {
  GlobalOptions options;
  std::string output = "table";
  std::string color = "auto";
  std::string shell;
  Action action;
};

void AddGlobalOptions(Verb& root, Parsed& parsed) {
  GlobalOptions& options = parsed.options;
  root.Choice(parsed.output, "-o,--output", {"table", "json"}, "how results are printed");
  root.Choice(parsed.color, "--color", {"auto", "always", "never"}, "whether they are coloured");
  root.Option(options.timeout, "--timeout", "how long one call may take");
  root.Option(options.site, "--site", "DIR",
              "the site: its site.json holds addresses and certificates");
  root.Option(options.vault, "--vault", "HOST:PORT",
              "config-vault; of several control nodes: HOST:PORT,HOST:PORT,...");
  root.Option(options.membership, "--membership", "HOST:PORT", "membership, likewise");
  root.Option(options.orchestrator, "--orchestrator", "HOST:PORT",
              "failover-orchestrator, likewise");
  root.Option(options.checkpoints, "--checkpoints", "HOST:PORT", "checkpoint-store (gRPC)");
  root.Flag(options.insecure, "--insecure", "without TLS, on loopback only");
  root.Option(options.tls_certificate, "--tls-certificate", "FILE", "our certificate, PEM");
  root.Option(options.tls_key, "--tls-key", "FILE", "its private key, PEM");
  root.Option(options.tls_authorities, "--tls-authorities", "FILE",
              "who may sign the services' certificates, PEM");
}

void AddCompletion(Verb& root, Parsed& parsed) {
  Verb completion = root.Add("completion", "Print a completion script for bash, zsh or fish",
                             "source <(understudy completion bash)\n"
                             "understudy completion fish | source");
  completion.Argument(parsed.shell, "SHELL", "bash, zsh or fish");
  completion.OnRun([&parsed](Context& context) {
    const absl::StatusOr<std::string> script = CompletionScript(parsed.shell, KnownWords());
    if (script.ok()) context.out() << *script;
    return script.status();
  });
}

std::unique_ptr<CLI::App> MakeApp(Parsed& parsed) {
  auto app = std::make_unique<CLI::App>(
      "Runs and asks an Understudy site: duties live on when their stations die.", "understudy");
  app->footer(std::string("Each verb has --help with examples.\n") + kExitCodesHelp);
  app->fallthrough();
  app->require_subcommand(1);
  app->set_version_flag("--version", "understudy 0.1.0");
  app->get_formatter()->column_width(34);
  Verb root(app.get(), &parsed.action);
  AddGlobalOptions(root, parsed);
  AddStatus(root);
  AddStations(root);
  AddDuties(root);
  AddConfig(root);
  AddFailovers(root);
  AddDrill(root);
  AddStation(root);
  AddControl(root);
  AddVault(root);
  AddEnergy(root);
  AddCheckpoint(root);
  AddUp(root);
  AddDown(root);
  AddDemo(root);
  AddCompletion(root, parsed);
  return app;
}

ColorMode ParseColor(const std::string& word) {
  if (word == "always") return ColorMode::kAlways;
  return word == "never" ? ColorMode::kNever : ColorMode::kAuto;
}

// Where the parser stopped: "understudy config put".
std::string FullName(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app.get_name() : app.get_name() + " " + FullName(*chosen.front());
}

// The verb that the words have come to.
const CLI::App& ChosenVerb(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : ChosenVerb(*chosen.front());
}

// The first word that was taken for a verb and is none; empty when there is no such word. A verb
// hands the words that it does not know up to the one above it.
std::string UnknownVerb(const CLI::App& app) {
  if (ChosenVerb(app).get_subcommands({}).empty()) return "";
  const std::vector<std::string> rest = app.remaining(true);
  return rest.empty() || rest.front().starts_with('-') ? "" : rest.front();
}

// `--help`, `--version`, or words that make no sense.
int ExplainParse(const CLI::App& app, const CLI::ParseError& error, World& world) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    return app.exit(error, world.out, world.err);
  }
  const std::string unknown = UnknownVerb(app);
  world.err << "understudy: "
            << (unknown.empty() ? error.what() : "there is no verb \"" + unknown + "\"")
            << "\n  next: `" << FullName(app) << " --help` explains it\n";
  return static_cast<int>(ExitCode::kUsage);
}

int RunAction(Parsed& parsed, World& world) {
  parsed.options.json = parsed.output == "json";
  parsed.options.color = ParseColor(parsed.color);
  Context context(parsed.options, world);
  const absl::Status status = parsed.action(context);
  world.out.flush();
  if (!status.ok()) {
    const bool paint = parsed.options.color == ColorMode::kAlways ||
                       (parsed.options.color == ColorMode::kAuto && world.err_takes_color);
    world.err << Painter(paint).Paint(Color::kRed, ErrorText(status));
  }
  return static_cast<int>(ExitCodeOf(status));
}

void CollectWords(const CLI::App& app, const std::string& path, CompletionTree& tree) {
  CompletionWords& words = tree[path];
  words.summary = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words.flags.push_back("--" + name);
  }
  std::sort(words.flags.begin(), words.flags.end());
  for (const CLI::App* below : app.get_subcommands({})) {
    tree[path].verbs.push_back(below->get_name());
    CollectWords(*below, path.empty() ? below->get_name() : path + " " + below->get_name(), tree);
  }
}

}  // namespace

int RunCommandLine(const std::vector<std::string>& words, World& world) {
  Parsed parsed;
  if (!world.home.empty()) parsed.options.site = world.home + "/.understudy";
  const std::unique_ptr<CLI::App> app = MakeApp(parsed);
  // CLI11 takes them last first.
  std::vector<std::string> reversed(words.rbegin(), words.rend());
  try {
    app->parse(reversed);
  } catch (const CLI::ParseError& error) {
    return ExplainParse(*app, error, world);
  }
  return RunAction(parsed, world);
}

CompletionTree KnownWords() {
  Parsed parsed;
  const std::unique_ptr<CLI::App> app = MakeApp(parsed);
  CompletionTree tree;
  CollectWords(*app, "", tree);
  return tree;
}

}  // namespace understudy::cli
