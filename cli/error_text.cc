#include "cli/error_text.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "cli/exit_code.h"
#include "cli/output/display_width.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

// By the services' reasons; {key} is replaced by the metadata of that name.
const std::map<std::string, std::string>& Advice() {
  static const auto* const advice = new std::map<std::string, std::string>{
      {"NOT_REACHABLE",
       "is the fleet up? `understudy up` starts a local one; --site, or --vault, --membership, "
       "--orchestrator and --checkpoints, say where another is"},
      {"NO_CERTIFICATES",
       "--site DIR names a site with certificates (`understudy up` makes one); or give "
       "--tls-certificate, --tls-key and --tls-authorities; or --insecure on loopback"},
      {"BAD_TLS_FILES", "check that the certificate files are there, PEM, and belong together"},
      {"REVISION_MISMATCH",
       "read the newer revision (`understudy config get`), merge, and put with --expect-revision "
       "{current_revision}"},
      {"DOCUMENT_NOT_FOUND", "`understudy config list` shows what is there"},
      {"REVISION_NOT_FOUND", "`understudy config history NAME` shows its revisions"},
      {"INVALID_NAME", "a name is letters, digits, '.', '_', '-' and single slashes, at most 200"},
      {"INVALID_JSON", "correct the document, or store it as it is with --content-type"},
      {"DOCUMENT_TOO_LARGE", "the limit is {limit_bytes} bytes"},
      {"REQUEST_ID_REUSED", "use another --request-id for other content"},
      {"STATION_NOT_FOUND", "`understudy stations` shows who is here"},
      {"FAILOVER_NOT_FOUND", "`understudy failovers list` shows those that are known"},
      {"DUTY_NOT_FOUND", "`understudy duties` shows what is known"},
      {"NO_DUTY", "`understudy duties` shows which station carries what"},
      {"NO_FITTING_BACKUP", "bring a backup that has what is missing: {missing}"},
      {"FAILOVER_UNDER_WAY", "`understudy failovers watch` shows how it goes"},
      {"DRILL_TIMED_OUT", "it goes on: `understudy failovers watch` shows how"},
      {"NOT_ROOT", "ask the control node that is root: {root}"},
      {"NO_ROOT",
       "a sentinel takes the root's place within a second where two of three control nodes are up; "
       "`understudy status` shows which are"},
      {"FLEET_RUNNING", "`understudy status` shows it, `understudy down` stops it"},
      {"OTHER_SITE", "`understudy up --fresh` forgets it"},
      {"PORTS_TAKEN", "stop what listens there, or begin anew with `understudy up --fresh`"},
      {"NO_FLEET", "`understudy up` starts one"},
      {"PROGRAM_NOT_FOUND", "`./understudy build` builds them"},
      {kUsageReason, "--help explains the command"},
  };
  return *advice;
}

}  // namespace

std::string NextStep(const absl::Status& status) {
  const auto advice = Advice().find(ErrorReason(status));
  if (advice == Advice().end()) return "";
  std::string text = advice->second;
  for (const auto& [key, value] : ErrorMetadata(status)) {
    text = absl::StrReplaceAll(text, {{"{" + key + "}", Printable(value)}});
  }
  // A fact that did not come along would leave its braces behind.
  return text.find('{') == std::string::npos ? text : "";
}

std::string ErrorText(const absl::Status& status) {
  const std::string reason = ErrorReason(status);
  std::string message(status.message());
  std::string text = "understudy: ";
  // Logs come in several lines, and are ours.
  text += reason == "PROCESS_NOT_UP" ? message : Printable(message);
  if (message.empty()) text += StatusCodeName(status.code());
  if (!reason.empty() && reason != kUsageReason && text.back() != '\n') {
    absl::StrAppend(&text, " (", Printable(reason), ")");
  }
  if (text.back() != '\n') text += '\n';
  for (const auto& [key, value] : ErrorMetadata(status)) {
    absl::StrAppend(&text, "  ", Printable(key), ": ", Printable(value), "\n");
  }
  const std::string next = NextStep(status);
  if (!next.empty()) absl::StrAppend(&text, "  next: ", next, "\n");
  return text;
}

}  // namespace understudy::cli
