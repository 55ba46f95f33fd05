#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "cli/context.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/output/format.h"
#include "cli/verbs/checkpoint_table.h"
#include "cli/verbs/verbs.h"
#include "common/document/sha256.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

namespace v1 = checkpoint_store::v1;

struct EnrolOptions {
  std::string identifier;
  std::string file;
  std::string device;
  std::string content_type;
};

absl::Status Enrol(const EnrolOptions& options, Context& context) {
  v1::EnrolRequest request;
  UNDERSTUDY_ASSIGN_OR_RETURN(*request.mutable_content(), ReadFile(options.file));
  request.set_identifier(options.identifier);
  request.set_device_id(options.device);
  request.set_content_type(options.content_type);
  request.set_sha256(Sha256ToBytes(Sha256Of(request.content())));
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, store->Enrol(request));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << response.device_id() << " is enrolled, with "
                  << SizeText(request.content().size()) << " of factory configuration\n";
  }
  return absl::OkStatus();
}

struct StageOptions {
  std::string device;
  std::string file;
  std::string name;
  std::string content_type;
  std::optional<uint64_t> expected_generation;
};

absl::Status Stage(const StageOptions& options, Context& context) {
  v1::StageRequest request;
  UNDERSTUDY_ASSIGN_OR_RETURN(*request.mutable_content(), ReadFile(options.file));
  request.set_device_id(options.device);
  request.set_name(options.name);
  request.set_content_type(options.content_type);
  request.set_sha256(Sha256ToBytes(Sha256Of(request.content())));
  if (options.expected_generation.has_value()) {
    request.set_expected_generation(*options.expected_generation);
  }
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, store->Stage(request));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << SizeText(response.staged().size()) << " wait for " << options.device
                  << ", to be handed out at its next wake-up\n";
  }
  return absl::OkStatus();
}

absl::Status Withdraw(const std::string& device, Context& context) {
  v1::WithdrawRequest request;
  request.set_device_id(device);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, store->Withdraw(request));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << "The staged change of " << device << " is withdrawn\n";
  }
  return absl::OkStatus();
}

absl::Status Revoke(const std::string& device, bool purge, Context& context) {
  v1::RevokeRequest request;
  request.set_device_id(device);
  request.set_purge(purge);
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto store, context.Checkpoints());
  UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, store->Revoke(request));
  if (context.json()) {
    context.PrintJson(response);
  } else {
    context.out() << device << (purge ? " is revoked and forgotten\n" : " is revoked\n");
  }
  return absl::OkStatus();
}

}  // namespace

void AddCheckpointEnrol(Verb& checkpoint) {
  Verb enrol = checkpoint.Add(
      "enrol", "Authorise a device's identifier, with its factory configuration",
      "understudy checkpoint enrol 9f2c41d07be85a6633d1c0b7e4a5f812 factory.bin --id meter-1");
  auto options = std::make_shared<EnrolOptions>();
  enrol.Argument(options->identifier, "IDENTIFIER", "as the device shows it, in hexadecimal");
  enrol.Argument(options->file, "FILE", "its first checkpoint");
  enrol.Option(options->device, "--id", "TEXT", "the device's name for people; default: a number");
  enrol.Option(options->content_type, "--content-type", "TYPE", "of the checkpoint");
  enrol.OnRun([options](Context& context) { return Enrol(*options, context); });
}

void AddCheckpointStage(Verb& checkpoint) {
  Verb stage = checkpoint.Add("stage", "Leave a change to be handed out at the next wake-up",
                              "understudy checkpoint stage meter-1 new.bin\n"
                              "understudy checkpoint stage meter-1 night.bin --name night");
  auto options = std::make_shared<StageOptions>();
  stage.Argument(options->device, "DEVICE", "its id");
  stage.Argument(options->file, "FILE", "the checkpoint");
  stage.Option(options->name, "--name", "NAME", "of the checkpoint; default: the one without");
  stage.Option(options->content_type, "--content-type", "TYPE", "of the checkpoint");
  stage.Option(options->expected_generation, "--expect-generation", "N",
               "stage only if N is the device's latest generation");
  stage.OnRun([options](Context& context) { return Stage(*options, context); });
}

void AddCheckpointWithdraw(Verb& checkpoint) {
  Verb withdraw = checkpoint.Add("withdraw", "Take a staged change back, unless it was taken",
                                 "understudy checkpoint withdraw meter-1");
  auto device = std::make_shared<std::string>();
  withdraw.Argument(*device, "DEVICE", "its id");
  withdraw.OnRun([device](Context& context) { return Withdraw(*device, context); });
}

void AddCheckpointRevoke(Verb& checkpoint) {
  Verb revoke = checkpoint.Add("revoke", "Shut a device out, and erase its checkpoints",
                               "understudy checkpoint revoke meter-1\n"
                               "understudy checkpoint revoke meter-1 --purge");
  auto device = std::make_shared<std::string>();
  auto purge = std::make_shared<bool>(false);
  revoke.Argument(*device, "DEVICE", "its id");
  revoke.Flag(*purge, "--purge", "forget the device, too, so that its id is free again");
  revoke.OnRun([device, purge](Context& context) { return Revoke(*device, *purge, context); });
}

}  // namespace understudy::cli
