#ifndef UNDERSTUDY_TESTS_FAULTS_LOAD_H_
#define UNDERSTUDY_TESTS_FAULTS_LOAD_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/clients/clients.h"
#include "tests/linearizability/recorder.h"

namespace understudy::faults {

struct LoadOptions {
  size_t clients = 4;
  size_t documents = 6;
  uint64_t seed = 1;
  // Of each client, between two operations.
  absl::Duration pause = absl::Milliseconds(2);
};

// Clients that put, compare-and-set, read and delete a few documents, all at once and without end,
// while a test does its worst; what they were told is recorded. Every value is written once only.
class Load {
 public:
  // `factory` and `recorder` must outlive it.
  static absl::StatusOr<std::unique_ptr<Load>> Start(cli::ClientFactory& factory,
                                                     const cli::ControlNodes& nodes,
                                                     linearizability::Recorder& recorder,
                                                     const LoadOptions& options);
  ~Load();
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // From now on other documents are written. What is to be checked for linearizability stays short
  // that way, however long the load goes on: operations of unknown outcome make it hard to check.
  void TurnPage() { ++page_; }

  // Waits for the operations that are under way.
  void Stop();

 private:
  explicit Load(linearizability::Recorder& recorder) : recorder_(recorder) {}
  void Run(int number, cli::VaultClient& vault, const LoadOptions& options);

  linearizability::Recorder& recorder_;
  std::vector<std::unique_ptr<cli::VaultClient>> vaults_;
  std::atomic<bool> ending_ = false;
  std::atomic<int> page_ = 1;
  std::vector<std::thread> threads_;
};

// Waits until `writes` more than now are acknowledged; false when that takes longer than
// `patience`.
bool AwaitProgress(const linearizability::Recorder& recorder, size_t writes,
                   absl::Duration patience);

// Reads every document that was recorded once more, as client `number`: none may have lost what was
// acknowledged long ago. The first read that fails with anything but "not found" is returned.
absl::Status ReadAll(int number, cli::VaultClient& vault, linearizability::Recorder& recorder);

// OK when what was recorded is linearizable; else INTERNAL NOT_LINEARIZABLE with the explanation,
// or RESOURCE_EXHAUSTED UNDECIDED.
absl::Status CheckRecorded(linearizability::Recorder& recorder);

}  // namespace understudy::faults

#endif  // UNDERSTUDY_TESTS_FAULTS_LOAD_H_
