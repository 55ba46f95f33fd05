#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_SHARED_SESSIONS_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_SHARED_SESSIONS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/membership/session_directory.h"
#include "services/membership/session_table.h"

namespace understudy::membership {

// The session table between the thread that receives beats, which locks it once per batch, and the
// core, which locks it once per join, leave or stream beat. Thread-safe.
class SharedSessions final : public SessionDirectory {
 public:
  using Bytes = std::span<const uint8_t>;
  // What came of one batch. Reused from batch to batch.
  struct Outcome {
    struct Reply {
      // Of the datagram in the batch.
      size_t index = 0;
      beat::Packet packet;
    };
    std::array<uint32_t, kBeatResults> counts = {};
    std::vector<Reply> replies;
    std::vector<Slot> health_changed;

    void Clear();
  };

  // As many slots as `heard` has, which must outlive this.
  explicit SharedSessions(HeardTimes& heard) : table_(heard) {}

  // Judges all datagrams of a batch, received at `now`. `outcome` is overwritten.
  void AcceptBatch(std::span<const Bytes> batch, SteadyTime now, Outcome& outcome);

  std::optional<SessionTable::Opened> Open(SteadyTime now) override;
  void End(Slot slot) override;
  void EndAll() override;
  SessionTable::Accepted AcceptFromStream(uint64_t session_id, uint64_t sequence, uint16_t health,
                                          SteadyTime now) override;
  bool VerifyHello(uint64_t session_id, std::string_view station_id,
                   std::string_view proof) override;
  uint16_t TakeHealth(Slot slot) override;

  size_t live() const;

 private:
  void AcceptOne(size_t index, Bytes bytes, SteadyTime now, Outcome& outcome)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  SessionTable table_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_SHARED_SESSIONS_H_
