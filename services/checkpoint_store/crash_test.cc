// Kills the real service at random points under load, again and again, and holds what it has after
// each start against what it acknowledged before.
//
// UNDERSTUDY_CRASH_CYCLES and UNDERSTUDY_CRASH_SEED in the environment make it longer or repeat it.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/testing/service_process.h"
#include "services/checkpoint_store/testing/raw_client.h"

namespace understudy::checkpoint_store {
namespace {

constexpr char kBinary[] = "services/checkpoint_store/checkpoint_store";
constexpr int kDevices = 16;

using ::understudy::testing::NumberFromEnvironment;
using ::understudy::testing::ServiceProcess;

// What all devices together have seen. Thread-safe.
class Witness {
 public:
  void CountStore() {
    absl::MutexLock lock(&mutex_);
    ++stores_;
    grown_.Signal();
  }
  void AwaitStores(size_t enough) {
    absl::MutexLock lock(&mutex_);
    while (stores_ < enough) grown_.Wait(&mutex_);
  }
  size_t stores() {
    absl::MutexLock lock(&mutex_);
    return stores_;
  }
  // Each identifier belongs to one device, as the one that follows one other.
  void NoteHandedOut(const std::string& identifier, const std::string& after) {
    absl::MutexLock lock(&mutex_);
    const auto [entry, is_new] = handed_out_.try_emplace(identifier, after);
    EXPECT_EQ(entry->second, after) << identifier << " was handed out twice";
  }

 private:
  absl::Mutex mutex_;
  absl::CondVar grown_;
  size_t stores_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::string> handed_out_ ABSL_GUARDED_BY(mutex_);
};

struct Answer {
  int status = 0;
  std::string reason;
  std::string next;
  std::string body;
};

std::string HeaderOf(const std::string& text, const std::string& name) {
  const size_t begin = text.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "";
  const size_t value = begin + name.size() + 4;
  return text.substr(value, text.find("\r\n", value) - value);
}

// Nothing when the service went away.
std::optional<Answer> Ask(RawClient& client, const std::string& method, const std::string& id,
                          const std::string& body = "") {
  client.Send(absl::StrCat(method, " /", id, " HTTP/1.1\r\nContent-Length: ", body.size(),
                           "\r\n\r\n", body));
  const std::string text = client.ReadAnswer();
  Answer answer;
  if (text.size() < 12 || !absl::SimpleAtoi(text.substr(9, 3), &answer.status)) return {};
  answer.reason = HeaderOf(text, "Reason");
  answer.next = HeaderOf(text, "Next-Id");
  answer.body = text.substr(text.find("\r\n\r\n") + 4);
  return answer;
}

// A device that stores one checkpoint after the other, and keeps over a crash what the protocol
// says: its identifier and, while it stores, the next.
class Device {
 public:
  explicit Device(int number) : id_(absl::StrCat(1'000'000 + number, "00112233445566778899a")) {
    id_.resize(28, '0');
  }

  void Enrol(int port) {
    RawClient client(port);
    content_ = MakeContent();
    const auto answer = Ask(client, "PUT", id_, content_);
    ASSERT_TRUE(answer.has_value());
    ASSERT_EQ(answer->status, 201) << answer->body;
  }

  // Until the service is gone.
  void CycleUntilCrash(int port, Witness& witness) {
    RawClient client(port);
    while (Cycle(client, witness)) {
    }
  }

  // The last acknowledged checkpoint is there, or the one that the crash interrupted.
  void Verify(int port, Witness& witness) {
    RawClient client(port);
    if (!next_.empty()) {
      const auto answer = Ask(client, "GET", next_);
      ASSERT_TRUE(answer.has_value());
      if (answer->status == 200) {
        EXPECT_EQ(answer->body, pending_);
        return Settle(witness, answer->next);
      }
      ASSERT_EQ(answer->reason, "NOT_STORED_YET");
    }
    const auto answer = Ask(client, "GET", id_);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200) << answer->reason;
    EXPECT_EQ(answer->body, content_);
    witness.NoteHandedOut(answer->next, id_);
  }

 private:
  std::string MakeContent() {
    ++counter_;
    return absl::StrCat(id_, "/", counter_, "/",
                        std::string(static_cast<size_t>(counter_ * 397 % 4000), 'x'));
  }
  void Settle(Witness& witness, const std::string& next) {
    id_ = next_;
    content_ = pending_;
    next_.clear();
    if (!next.empty()) witness.NoteHandedOut(next, id_);
  }

  bool Cycle(RawClient& client, Witness& witness) {
    const auto fetched = Ask(client, "GET", id_);
    if (!fetched.has_value()) return false;
    EXPECT_EQ(fetched->status, 200) << fetched->reason;
    EXPECT_EQ(fetched->body, content_);
    witness.NoteHandedOut(fetched->next, id_);
    if (next_.empty()) pending_ = MakeContent();
    next_ = fetched->next;
    const auto stored = Ask(client, "POST", next_, pending_);
    if (!stored.has_value()) return false;
    EXPECT_EQ(stored->status, 200) << stored->reason;
    if (stored->status != 200) return false;
    Settle(witness, stored->next);
    witness.CountStore();
    return true;
  }

  std::string id_;
  std::string content_;
  // While a POST is under way: where to, and what.
  std::string next_;
  std::string pending_;
  int counter_ = 0;
};

void RunUntilKilled(ServiceProcess& store, std::vector<Device>& devices, Witness& witness,
                    Random& random) {
  const int port = store.port("http");
  std::vector<std::thread> threads;
  for (Device& device : devices) {
    threads.emplace_back([&, port] { device.CycleUntilCrash(port, witness); });
  }
  witness.AwaitStores(witness.stores() + random.Below(200));
  store.AwaitEnd(absl::Microseconds(random.Below(3000)));
  store.Kill();
  for (std::thread& thread : threads) thread.join();
}

TEST(CrashTest, NoAcknowledgedCheckpointIsLostAndNoIdentifierHandedOutTwice) {
  const uint64_t cycles = NumberFromEnvironment("UNDERSTUDY_CRASH_CYCLES", 20);
  const uint64_t seed = NumberFromEnvironment("UNDERSTUDY_CRASH_SEED", 20220313);
  SCOPED_TRACE(absl::StrCat("UNDERSTUDY_CRASH_SEED=", seed));
  Random random(seed);
  ServiceProcess store(kBinary, "http: {listen: \"127.0.0.1:0\"}\n");
  Witness witness;
  std::vector<Device> devices;
  for (int i = 0; i < kDevices; ++i) devices.emplace_back(i);
  ASSERT_NO_FATAL_FAILURE(store.Start());
  const int first_port = store.port("http");
  for (Device& device : devices) ASSERT_NO_FATAL_FAILURE(device.Enrol(first_port));
  for (uint64_t cycle = 0; cycle < cycles; ++cycle) {
    RunUntilKilled(store, devices, witness, random);
    ASSERT_NO_FATAL_FAILURE(store.Start());
    const int port = store.port("http");
    for (Device& device : devices) ASSERT_NO_FATAL_FAILURE(device.Verify(port, witness));
    if (::testing::Test::HasFailure()) break;
  }
  std::printf("%llu kills (seed %llu): %zu acknowledged checkpoints, none lost\n",
              static_cast<unsigned long long>(cycles), static_cast<unsigned long long>(seed),
              witness.stores());
}

}  // namespace
}  // namespace understudy::checkpoint_store
