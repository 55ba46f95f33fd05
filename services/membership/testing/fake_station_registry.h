#ifndef UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_FAKE_STATION_REGISTRY_H_
#define UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_FAKE_STATION_REGISTRY_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/membership/station_registry.h"

namespace understudy::membership {

// A vault in memory, root of epoch 1 unless told otherwise. Answers at once, on the caller's
// thread, or when the test says so. Thread-safe.
class FakeStationRegistry final : public StationRegistry {
 public:
  void Put(const StationRecord& record, uint64_t epoch, DoneCallback done) override;
  void Remove(const std::string& station_id, uint64_t epoch, DoneCallback done) override;
  void List(ListCallback done) override;
  void WatchRole(RoleCallback on_change, DoneCallback ended) override;
  void Stop() override;

  // Before use: what the vault knows.
  void Add(const StationRecord& record);
  // Tells a watcher, too. Role kUnknown ends the watch, as an outage does; later ones fail at once.
  void SetRole(RoleChange change);
  // Puts and lists fail with this, until OK.
  void FailWith(const absl::Status& status);
  // Puts wait until AnswerOne.
  void HoldPuts();
  // Answers the oldest put that waits; OK stores it.
  void AnswerOne(const absl::Status& status);

  std::optional<StationRecord> Find(const std::string& station_id) const;
  size_t puts() const;
  size_t held() const;
  uint64_t last_epoch() const;

 private:
  struct HeldPut {
    StationRecord record;
    DoneCallback done;
  };

  mutable absl::Mutex mutex_;
  std::map<std::string, StationRecord> records_ ABSL_GUARDED_BY(mutex_);
  RoleChange role_ ABSL_GUARDED_BY(mutex_) = {.role = Role::kRoot, .epoch = 1};
  RoleCallback on_role_ ABSL_GUARDED_BY(mutex_);
  DoneCallback role_ended_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  bool hold_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<HeldPut> held_ ABSL_GUARDED_BY(mutex_);
  size_t puts_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t last_epoch_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace understudy::membership

#endif  // UNDERSTUDY_SERVICES_MEMBERSHIP_TESTING_FAKE_STATION_REGISTRY_H_
