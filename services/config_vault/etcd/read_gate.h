#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_READ_GATE_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_READ_GATE_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/time/clock.h"
#include "services/config_vault/etcd/etcd_client.h"
#include "services/config_vault/etcd/replica.h"
#include "services/config_vault/read_barrier.h"
#include "services/config_vault/read_lease.h"

namespace understudy::config_vault::etcd {

struct ReadGateOptions {
  // For asking etcd, and for the replica to come so far.
  absl::Duration timeout = absl::Seconds(2);
};

class ReadGateObserver {
 public:
  virtual ~ReadGateObserver() = default;
  // So many linearizable reads were asked for; they ask etcd, or need not. Must not block.
  virtual void OnReads(size_t reads, bool asks_etcd) = 0;
};

// Linearizable reads on any replica. While the root has its lease it reads as soon as its store has
// what it has committed itself, which it mostly has; otherwise etcd is asked, linearizably, which
// batch is the latest, and the read waits until the replica has it. Readers who come while etcd is
// being asked share the next question: etcd is asked once at a time, however many read.
class ReadGate final : public ReadBarrier {
 public:
  // All must outlive the gate and its calls. Stop the replica first: it answers who waits.
  ReadGate(const ReadGateOptions& options, EtcdClient& client, Replica& replica,
           const ReadLease& lease, const Clock& clock, ReadGateObserver& observer);
  ~ReadGate() override;

  //   UNAVAILABLE ETCD_UNREACHABLE: etcd does not answer; a stale read is answered
  void WhenCurrent(size_t reads, Then then) override;
  bool IsCurrent(size_t reads) override;
  absl::Duration DataAge() const override;
  // As a read, for the age of the data; is not counted as one. To be called now and then.
  void Confirm();

 private:
  struct Shared;

  // What the store must hold to be read without asking etcd; nothing where etcd must be asked.
  std::optional<int64_t> BatchToRead() const;
  bool MayReadAtOnce() const;
  void AskFor(Then then);
  static void Ask(const std::shared_ptr<Shared>& shared);
  static void Answered(const std::shared_ptr<Shared>& shared, SteadyTime asked,
                       std::vector<Then> readers, absl::StatusOr<RangeResult> result);

  const std::shared_ptr<Shared> shared_;
  const ReadLease& lease_;
  ReadGateObserver& observer_;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_READ_GATE_H_
