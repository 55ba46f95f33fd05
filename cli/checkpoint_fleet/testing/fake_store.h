#ifndef UNDERSTUDY_CLI_CHECKPOINT_FLEET_TESTING_FAKE_STORE_H_
#define UNDERSTUDY_CLI_CHECKPOINT_FLEET_TESTING_FAKE_STORE_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "services/checkpoint_store/device/testing/model_store.h"

namespace understudy::cli {

// A store of any number of devices behind a real socket on loopback, without TLS. Thread-safe.
class FakeStore {
 public:
  FakeStore();
  // Ends its connections.
  ~FakeStore();

  // "127.0.0.1:40123".
  std::string address() const;
  // Every request is answered with this from then on; empty: no longer.
  void AnswerAll(const std::string& answer);
  // Forgets what the devices stored, and has something else instead.
  void Swap(const std::string& content);

 private:
  void Accept();
  void Serve(int connection);
  std::string Answer(const std::string& request);

  int listener_ = -1;
  int port_ = 0;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<checkpoint_store::ModelStore>> devices_ ABSL_GUARDED_BY(mutex_);
  std::string answer_all_ ABSL_GUARDED_BY(mutex_);
  std::vector<int> open_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(mutex_);
  std::thread accepting_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_CHECKPOINT_FLEET_TESTING_FAKE_STORE_H_
