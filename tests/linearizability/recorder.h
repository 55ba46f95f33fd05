#ifndef UNDERSTUDY_TESTS_LINEARIZABILITY_RECORDER_H_
#define UNDERSTUDY_TESTS_LINEARIZABILITY_RECORDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "cli/clients/vault_client.h"
#include "tests/linearizability/history.h"

namespace understudy::linearizability {

// What many clients did to the vault's documents, and what they were told. Thread-safe.
class Recorder {
 public:
  void Add(const std::string& document, Operation operation);
  Histories Take();
  // Those that something was recorded of.
  std::vector<std::string> documents() const;
  // How many writes were acknowledged so far.
  size_t acknowledged() const;

 private:
  mutable absl::Mutex mutex_;
  Histories histories_ ABSL_GUARDED_BY(mutex_);
  size_t acknowledged_ ABSL_GUARDED_BY(mutex_) = 0;
};

// One client whose operations are recorded. `vault` and `recorder` must outlive it. One operation
// at a time.
class RecordingClient {
 public:
  RecordingClient(int number, cli::VaultClient& vault, Recorder& recorder)
      : number_(number), vault_(vault), recorder_(recorder) {}

  // Each returns what the vault said. Whether a write that failed with anything but a refusal for
  // its revision happened is not known; such a read tells nothing and is not recorded.
  absl::Status Put(const std::string& document, const std::string& value,
                   std::optional<uint64_t> expected_revision = std::nullopt);
  absl::Status Delete(const std::string& document,
                      std::optional<uint64_t> expected_revision = std::nullopt);
  absl::Status Get(const std::string& document);

  // Of the document that was read or written last; 0 when there was none.
  uint64_t last_revision() const { return last_revision_; }

 private:
  // Clients of odd numbers read over a stream.
  absl::StatusOr<config_vault::v1::GetResponse> Ask(const config_vault::v1::GetRequest& request);
  Operation Begin(Operation::Kind kind) const;
  absl::Status EndWrite(const std::string& document, Operation operation,
                        const absl::Status& status, uint64_t revision);

  const int number_;
  cli::VaultClient& vault_;
  Recorder& recorder_;
  uint64_t last_revision_ = 0;
};

}  // namespace understudy::linearizability

#endif  // UNDERSTUDY_TESTS_LINEARIZABILITY_RECORDER_H_
