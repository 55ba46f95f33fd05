#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_MAILBOX_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_MAILBOX_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/time/steady_cond_var.h"
#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

// What a watch has told and the replica has not dealt with, handed from etcd's threads to the
// replica's. Bounded: what is too much is dropped with all that comes after it, and the reader
// learns of it when it has dealt with the rest. Thread-safe; one reader.
class Mailbox {
 public:
  struct Letter {
    enum class Kind { kEvents, kConnection, kEnd };
    Kind kind = Kind::kEvents;
    RevisionEvents events = {};
    absl::Status status = {};
  };

  explicit Mailbox(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Put(Letter letter) {
    const size_t bytes = BytesOf(letter);
    absl::MutexLock lock(&mutex_);
    is_over_ = is_over_ || (!letters_.empty() && bytes_ + bytes > max_bytes_);
    if (is_over_) return;
    bytes_ += bytes;
    letters_.push_back(std::move(letter));
    changed_.Signal();
  }

  // Nothing after `patience`, when closed, or (with is_over) when letters were dropped.
  std::optional<Letter> Take(absl::Duration patience) {
    absl::MutexLock lock(&mutex_);
    if (letters_.empty() && !closed_ && !is_over_) changed_.WaitWithTimeout(&mutex_, patience);
    if (letters_.empty() || closed_) return std::nullopt;
    Letter letter = std::move(letters_.front());
    letters_.pop_front();
    bytes_ -= BytesOf(letter);
    return letter;
  }

  // Closed; or letters were dropped, and all before them are taken.
  bool is_over() const {
    absl::MutexLock lock(&mutex_);
    return closed_ || (is_over_ && letters_.empty());
  }

  // Wakes the reader for good.
  void Close() {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    changed_.Signal();
  }

 private:
  static size_t BytesOf(const Letter& letter) {
    size_t bytes = sizeof(Letter);
    for (const Event& event : letter.events.events) {
      bytes += sizeof(Event) + event.value.key.size() + event.value.value.size();
    }
    return bytes;
  }

  const size_t max_bytes_;
  mutable absl::Mutex mutex_;
  SteadyCondVar changed_;
  std::deque<Letter> letters_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_over_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace understudy::config_vault::etcd

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_ETCD_MAILBOX_H_
