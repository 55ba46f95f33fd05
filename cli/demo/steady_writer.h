#ifndef UNDERSTUDY_CLI_DEMO_STEADY_WRITER_H_
#define UNDERSTUDY_CLI_DEMO_STEADY_WRITER_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "cli/clients/vault_client.h"
#include "common/time/steady_time.h"

namespace understudy::cli {

// Writes one small document after another for as long as it lives, whatever happens to the site,
// and remembers all that the vault acknowledged: nothing of that may ever be missing. Thread-safe.
class SteadyWriter {
 public:
  struct Acknowledged {
    std::string content;
    uint64_t revision = 0;
    SteadyTime called_at;
    SteadyTime answered_at;
  };

  // Documents are named PREFIX/1, PREFIX/2, ... Between two writes it pauses for `pause`.
  SteadyWriter(std::unique_ptr<VaultClient> vault, std::string prefix, absl::Duration pause);
  ~SteadyWriter();
  SteadyWriter(const SteadyWriter&) = delete;
  SteadyWriter& operator=(const SteadyWriter&) = delete;

  // Ends the writing; waits for the write that is under way.
  void Stop();

  std::map<std::string, Acknowledged> acknowledged() const;
  // When the first write that was called at `since` or later was acknowledged.
  std::optional<SteadyTime> FirstAfter(SteadyTime since) const;
  // Of writes that failed; what became of them nobody knows.
  uint64_t failed() const { return failed_; }

 private:
  void Run();

  const std::unique_ptr<VaultClient> vault_;
  const std::string prefix_;
  const absl::Duration pause_;
  std::atomic<bool> ending_ = false;
  std::atomic<uint64_t> failed_ = 0;
  mutable absl::Mutex mutex_;
  std::map<std::string, Acknowledged> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// What of it a vault does not have as it was acknowledged: one sentence each, at most `limit`.
std::vector<std::string> MissingFrom(VaultClient& vault,
                                     const std::map<std::string, SteadyWriter::Acknowledged>& all,
                                     size_t limit);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_DEMO_STEADY_WRITER_H_
