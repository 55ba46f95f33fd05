#include "tests/faults/load.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/wait.h"
#include "common/random/random.h"
#include "common/status/status.h"
#include "tests/linearizability/checker.h"

namespace understudy::faults {
namespace {

// After an operation that failed: a site that is down is not hammered.
constexpr absl::Duration kAfterFailure = absl::Milliseconds(10);

}  // namespace

absl::StatusOr<std::unique_ptr<Load>> Load::Start(cli::ClientFactory& factory,
                                                  const cli::ControlNodes& nodes,
                                                  linearizability::Recorder& recorder,
                                                  const LoadOptions& options) {
  std::unique_ptr<Load> load(new Load(recorder));
  for (size_t i = 0; i < options.clients; ++i) {
    UNDERSTUDY_ASSIGN_OR_RETURN(auto vault, factory.Vault(nodes));
    load->vaults_.push_back(std::move(vault));
  }
  for (size_t i = 0; i < options.clients; ++i) {
    load->threads_.emplace_back([&load = *load, i, options] {
      load.Run(static_cast<int>(i), *load.vaults_[i], options);
    });
  }
  return load;
}

Load::~Load() { Stop(); }

void Load::Stop() {
  ending_ = true;
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void Load::Run(int number, cli::VaultClient& vault, const LoadOptions& options) {
  linearizability::RecordingClient client(number, vault, recorder_);
  Random random(options.seed * 1000 + static_cast<uint64_t>(number));
  // Revisions that this client has learned of.
  std::map<std::string, uint64_t> known;
  for (uint64_t count = 1; !ending_; ++count) {
    const std::string document =
        absl::StrCat("load/", page_.load(), "/", random.Below(options.documents));
    const std::string value = absl::StrCat(number, ".", count);
    const uint64_t choice = random.Below(10);
    const absl::Status status = choice < 4   ? client.Get(document)
                                : choice < 7 ? client.Put(document, value)
                                : choice < 9 ? client.Put(document, value, known[document])
                                             : client.Delete(document);
    known[document] = client.last_revision();
    const bool failed = status.code() == absl::StatusCode::kUnavailable;
    cli::Pause(failed ? kAfterFailure : options.pause);
  }
}

bool AwaitProgress(const linearizability::Recorder& recorder, size_t writes,
                   absl::Duration patience) {
  const size_t before = recorder.acknowledged();
  return cli::WaitFor(patience, [&] { return recorder.acknowledged() >= before + writes; });
}

absl::Status ReadAll(int number, cli::VaultClient& vault, linearizability::Recorder& recorder) {
  linearizability::RecordingClient client(number, vault, recorder);
  for (const std::string& document : recorder.documents()) {
    const absl::Status status = client.Get(document);
    if (!status.ok() && ErrorReason(status) != "DOCUMENT_NOT_FOUND") {
      return WithContext(status, "reading " + document);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRecorded(linearizability::Recorder& recorder) {
  using linearizability::Verdict;
  const Verdict verdict = linearizability::Check(recorder.Take());
  switch (verdict.kind) {
    case Verdict::Kind::kLinearizable:
      return absl::OkStatus();
    case Verdict::Kind::kNotLinearizable:
      return MakeError(absl::StatusCode::kInternal, "NOT_LINEARIZABLE", verdict.explanation);
    default:
      return MakeError(absl::StatusCode::kResourceExhausted, "UNDECIDED",
                       absl::StrCat("no verdict within ", verdict.steps, " steps"));
  }
}

}  // namespace understudy::faults
