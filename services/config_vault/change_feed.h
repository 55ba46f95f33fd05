#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_CHANGE_FEED_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_CHANGE_FEED_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/config_vault/document.h"

namespace understudy::config_vault {

// Tells watchers that there is something to read, and keeps the latest changes at hand so that
// those who are nearly up to date need no disk. Watchers read the same log of changes, each from
// its own place, so that history and live changes have no seam between them where one could be lost
// or repeated. Thread-safe.
class ChangeFeed {
 public:
  // `revision` is the latest write in the store; `recent` changes are kept.
  ChangeFeed(Revision revision, size_t recent);

  // Writes up to `revision` are stored; `changes` are those of documents among them, in order.
  // Subscribers are not woken: who waits for the write is answered first, then Wake is called.
  void Add(const std::vector<DocumentInfo>& changes, Revision revision);
  // Wakes the subscribers if something was added since the last time.
  void Wake();
  // Both.
  void Publish(const std::vector<DocumentInfo>& changes, Revision revision);

  // The store was opened again: it is at `revision`, and may hold changes that were not published.
  void Restart(Revision revision);

  // The latest write that was published.
  Revision revision() const;

  struct Recent {
    // In order, at most `limit`.
    std::vector<DocumentInfo> changes;
    // All changes up to this revision are in `changes` or before `after`.
    Revision up_to = 0;
  };
  // The changes after `after`; nothing when they are no longer at hand and the store must be asked.
  std::optional<Recent> ReadRecent(Revision after, size_t limit) const;

  // `wake` is called by each Wake, on its thread, and must not block or call the
  // feed. Calls may go on until Unsubscribe returns, not after. Ids are never 0.
  using SubscriberId = uint64_t;
  SubscriberId Subscribe(std::function<void()> wake);
  void Unsubscribe(SubscriberId id);

 private:
  const size_t capacity_;
  mutable absl::Mutex mutex_;
  Revision revision_ ABSL_GUARDED_BY(mutex_);
  // Subscribers were not woken since the last Add.
  bool news_ ABSL_GUARDED_BY(mutex_) = false;
  // Changes after this revision are in `recent_`, without gaps.
  Revision recent_after_ ABSL_GUARDED_BY(mutex_);
  std::deque<DocumentInfo> recent_ ABSL_GUARDED_BY(mutex_);
  std::map<SubscriberId, std::function<void()>> subscribers_ ABSL_GUARDED_BY(mutex_);
  SubscriberId last_id_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_CHANGE_FEED_H_
