#include "tests/simulation/checkpoint_server.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/status.h"
#include "services/checkpoint_store/directory_view.h"
#include "services/checkpoint_store/http/http_face.h"

namespace understudy::simulation {
namespace {

namespace cs = checkpoint_store;

constexpr double kRepeatedDraw = 0.2;
// Of each device its current and next identifiers and 4 dead ones are remembered: so many of the
// latest draws are surely among them.
constexpr size_t kRemembered = 6;

absl::Status Died() { return absl::AbortedError("the server died"); }

// A whole request, split as the HTTP library does.
cs::HttpRequest Split(std::string_view text) {
  cs::HttpRequest request;
  const size_t head = text.find("\r\n\r\n");
  const std::vector<std::string> lines =
      absl::StrSplit(absl::string_view(text.data(), head), "\r\n");
  const std::vector<std::string> first = absl::StrSplit(lines[0], ' ');
  request.method = first[0];
  request.target = first[1];
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> header =
        absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
    request.AddHeader(header.first, header.second);
  }
  request.body = std::string(text.substr(head + 4));
  request.source = "192.0.2.1";
  return request;
}

std::string Join(const cs::HttpAnswer& answer) {
  std::string text = absl::StrCat("HTTP/1.1 ", answer.status, " X\r\n");
  for (const auto& [name, value] : answer.headers) {
    absl::StrAppend(&text, std::string(name), ": ", value, "\r\n");
  }
  return absl::StrCat(text, "Content-Length: ", answer.body.size(), "\r\n\r\n", answer.body);
}

}  // namespace

cs::Identifier ForgetfulSource::Draw() {
  const size_t recent = std::min(drawn_.size(), kRemembered);
  if (recent > 0 && random_.Chance(kRepeatedDraw)) {
    return drawn_[drawn_.size() - 1 - random_.Below(recent)];
  }
  std::string bytes(cs::Identifier::kDrawnBytes, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random_.Next());
  drawn_.push_back(*cs::Identifier::FromBytes(bytes));
  return drawn_.back();
}

CheckpointServer::CheckpointServer(uint64_t seed) : source_(seed) { Restart(); }

void CheckpointServer::Restart() {
  directory_ = std::make_unique<cs::DeviceDirectory>(cs::HashKey{4, 5, 6});
  const auto counters = store_.Load(
      [this](std::shared_ptr<const cs::Device> device) { directory_->Put(std::move(device)); });
  directory_->SetCounters(counters.value());
}

absl::StatusOr<cs::Outcome> CheckpointServer::Apply(cs::Command command) {
  const cs::DirectoryView view(*directory_, store_);
  cs::CheckpointStateMachine machine({}, view, source_);
  absl::StatusOr<cs::Outcome> outcome = machine.Apply(std::move(command));
  crashed_ = crash_ == Crash::kBeforeCommit;
  if (crashed_) return Died();
  if (!machine.batch().mutations.empty()) {
    UNDERSTUDY_RETURN_IF_ERROR(store_.Commit(machine.batch()));
    directory_->Apply(machine.batch());
    ++commits_;
  }
  crashed_ = crash_ == Crash::kAfterCommit;
  if (crashed_) return Died();
  return outcome;
}

void CheckpointServer::NoteHandedOut(const cs::Identifier& next, const std::string& device) {
  HandedOut& entry = handed_out_.try_emplace(next.ToHex(), HandedOut{device}).first->second;
  if (entry.device != device) {
    breach_ = absl::StrCat("one identifier for ", entry.device, " and ", device);
  }
  if (entry.used) breach_ = absl::StrCat("a used identifier is handed out again to ", device);
}

std::string CheckpointServer::Answer(std::string_view text) {
  absl::StatusOr<cs::DeviceRequest> request = cs::DecodeRequest(Split(text), absl::UnixEpoch());
  if (!request.ok()) return Join(cs::AnswerError(request.status()));
  if (const auto* probe = std::get_if<cs::Probe>(&*request)) {
    return Join(cs::AnswerProbe(directory_->IsTaken(probe->identifier)));
  }
  if (auto* const fetch = std::get_if<cs::Fetch>(&*request)) {
    absl::StatusOr<cs::Outcome> outcome = Apply(*fetch);
    if (!outcome.ok()) return Join(cs::AnswerError(outcome.status()));
    const auto& found = std::get<cs::FetchOutcome>(*outcome);
    NoteHandedOut(found.next, directory_->FindByNumber(found.device)->id);
    return Join(cs::AnswerFetch(found, store_.ReadContent(found.device, found.info.slot).value()));
  }
  cs::Store& store = std::get<cs::Store>(*request);
  const cs::Identifier under = store.identifier;
  absl::StatusOr<cs::Outcome> outcome = Apply(std::move(store));
  if (!outcome.ok()) return Join(cs::AnswerError(outcome.status()));
  const auto& stored = std::get<cs::StoreOutcome>(*outcome);
  NoteHandedOut(stored.next, directory_->FindByIdentifier(under)->id);
  handed_out_[under.ToHex()].used = true;
  return Join(cs::AnswerStore(stored));
}

std::optional<std::string> CheckpointServer::Serve(std::string_view request, Crash crash) {
  crash_ = crash;
  crashed_ = false;
  std::string answer = Answer(request);
  crash_ = Crash::kNone;
  if (!crashed_) return answer;
  Restart();
  return std::nullopt;
}

bool CheckpointServer::Enrol(const std::string& identifier, const std::string& device,
                             const std::string& content) {
  cs::Enrol enrol;
  enrol.identifier = cs::Identifier::FromHex(identifier).value();
  enrol.device_id = device;
  enrol.content = content;
  enrol.sha256 = Sha256Of(content);
  return Apply(std::move(enrol)).ok();
}

bool CheckpointServer::Stage(const std::string& device, const std::string& content) {
  cs::Stage stage;
  stage.device_id = device;
  stage.content = content;
  stage.sha256 = Sha256Of(content);
  return Apply(std::move(stage)).ok();
}

}  // namespace understudy::simulation
