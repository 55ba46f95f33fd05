#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/output/format.h"
#include "cli/output/proto_words.h"
#include "cli/verbs/checkpoint_table.h"
#include "cli/verbs/verbs.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

namespace v1 = checkpoint_store::v1;

std::string StagedText(const v1::StagedCheckpoint& staged) {
  std::string text = absl::StrCat(SizeText(staged.size()), " for ", CheckpointName(staged.name()),
                                  " by ", staged.operator_name(), " at ",
                                  TimeText(ToTime(staged.staged_at())));
  if (staged.has_confirmed_at()) {
    absl::StrAppend(&text, "; confirmed at ", TimeText(ToTime(staged.confirmed_at())));
  } else if (staged.has_taken_at()) {
    absl::StrAppend(&text, "; taken as generation ", staged.generation(), " at ",
                    TimeText(ToTime(staged.taken_at())));
  } else {
    text += "; waits for the device";
  }
  return text;
}

void Print(const v1::InspectResponse& response, Context& context) {
  const v1::Device& device = response.device();
  Table table({"DEVICE", device.device_id()});
  const auto add = [&](const char* name, Cell value) {
    if (!value.text.empty()) table.AddRow({{name, Color::kDim}, std::move(value)});
  };
  add("state", DeviceStateCell(device.state()));
  add("generation", absl::StrCat(device.generation()));
  add("cycles", absl::StrCat(device.cycles()));
  if (device.has_last_cycle()) add("last cycle", TimeText(ToTime(device.last_cycle())));
  if (device.has_interval()) add("interval", DurationText(ToDuration(device.interval())));
  if (device.has_due()) add("due", TimeText(ToTime(device.due())));
  add("battery", BatteryText(device));
  for (const v1::NamedCheckpoint& named : response.checkpoints()) {
    add("checkpoint",
        absl::StrCat(CheckpointName(named.name()), ": generation ", named.generation(), ", ",
                     SizeText(named.size()), ", ", Plural(named.kept(), "generation"), " kept"));
  }
  if (response.has_staged()) add("staged", StagedText(response.staged()));
  add("identifier", absl::StrCat(response.identifier_bits(), " bits, fingerprint ",
                                 response.identifier_fingerprint()));
  add("claimed", device.claimed() ? "yes" : "no");
  add("suspicions", absl::StrCat(device.suspicions()));
  add("enrolled", absl::StrCat(TimeText(ToTime(device.enrolled_at())), " by ",
                               response.enrolled_by()));
  context.out() << table.Render(context.painter());
}

absl::Status Show(const std::string& id, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  v1::InspectRequest request;
  request.set_device_id(id);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, store->Inspect(request));
  context.json() ? context.PrintJson(response) : Print(response, context);
  return absl::OkStatus();
}

struct GenerationsOptions {
  std::string device;
  std::string name;
  uint64_t get = 0;
  std::string file;
};

// Writes one generation's content to a file, or to standard output.
absl::Status GetContent(const GenerationsOptions& options, Context& context) {
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  v1::ReadRequest request;
  request.set_device_id(options.device);
  request.set_name(options.name);
  request.set_generation(options.get);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, store->Read(request));
  if (context.json()) {
    context.PrintJson(response);
  } else if (options.file.empty()) {
    context.out() << response.content();
  } else {
    UNDERSTUDY_RETURN_IF_ERROR(WriteFile(options.file, response.content()));
    context.out() << "Generation " << response.info().generation() << " of " << options.device
                  << " is in " << options.file << ".\n";
  }
  return absl::OkStatus();
}

absl::Status Generations(const GenerationsOptions& options, Context& context) {
  if (options.get != 0 || !options.file.empty()) return GetContent(options, context);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  v1::GenerationsRequest request;
  request.set_device_id(options.device);
  if (!options.name.empty()) request.set_name(options.name);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, store->Generations(request));
  if (context.json()) {
    context.PrintJson(response);
    return absl::OkStatus();
  }
  Table table({{"GENERATION", Table::Align::kRight},
               "NAME",
               {"SIZE", Table::Align::kRight},
               "SHA-256",
               "BY",
               "STORED",
               "TYPE"});
  for (const v1::Generation& kept : response.generations()) {
    table.AddRow({absl::StrCat(kept.generation()), CheckpointName(kept.name()),
                  SizeText(kept.size()), HashText(kept.sha256()), OriginWord(kept.origin()),
                  TimeText(ToTime(kept.stored_at())), kept.content_type()});
  }
  context.out() << table.Render(context.painter());
  return absl::OkStatus();
}

}  // namespace

void AddCheckpointShow(Verb& checkpoint) {
  Verb show = checkpoint.Add("show", "All that is known of one device, without content",
                             "understudy checkpoint show meter-1");
  auto id = std::make_shared<std::string>();
  show.Argument(*id, "DEVICE", "its id");
  show.OnRun([id](Context& context) { return Show(*id, context); });
}

void AddCheckpointGenerations(Verb& checkpoint) {
  Verb generations =
      checkpoint.Add("generations", "The checkpoints that are kept of one device, or one of them",
                     "understudy checkpoint generations meter-1\n"
                     "understudy checkpoint generations meter-1 --get 41 --file state.bin");
  auto options = std::make_shared<GenerationsOptions>();
  generations.Argument(options->device, "DEVICE", "its id");
  generations.Option(options->name, "--name", "NAME", "only checkpoints of this name");
  generations.Option(options->get, "--get", "N", "print the content of this generation");
  generations.Option(options->file, "--file", "FILE",
                     "write the content (of the latest, or of --get) to this file");
  generations.OnRun([options](Context& context) { return Generations(*options, context); });
}

}  // namespace understudy::cli
