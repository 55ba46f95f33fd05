#ifndef UNDERSTUDY_TESTS_SIMULATION_CHECKPOINT_DEVICE_H_
#define UNDERSTUDY_TESTS_SIMULATION_CHECKPOINT_DEVICE_H_

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "common/random/random.h"
#include "services/checkpoint_store/device/checkpoint_client.h"

namespace understudy::simulation {

// The network as one device sees it.
class CheckpointNetwork {
 public:
  virtual ~CheckpointNetwork() = default;
  // Carries a whole request; the answer, or nothing when none comes.
  virtual std::optional<std::string> Carry(const std::string& device,
                                           const std::string& request) = 0;
};

// A device that runs the real client over a network that loses, repeats and delays, and whose plug
// is pulled before any step of it. Checks that it always gets back what was acknowledged last, and
// never anybody else's. Not thread-safe.
class CheckpointDevice {
 public:
  CheckpointDevice(std::string id, uint64_t seed, CheckpointNetwork& network);

  const std::string& id() const { return id_; }
  // The chance that the plug is pulled before a step.
  void set_pull(double chance) { pull_ = chance; }
  // The first identifier that it draws, so that two draw the same one.
  void ForceIdentifier(uint8_t byte) { forced_ = byte; }
  // Of the operator's, from then on it may be handed out.
  void Staged(const std::string& content) { operators_.insert(content); }

  // From waking up to sleeping again, or to the plug. Whether all of it succeeded.
  bool Wake();

  bool enrolled() const { return enrolled_; }
  // To be shown to the operator; empty: nothing to show.
  const std::string& identifier() const { return identifier_; }
  // What must not have happened; empty: nothing.
  const std::string& breach() const { return breach_; }
  // How many uploads were acknowledged.
  int acknowledged() const { return acknowledged_; }
  // The downloads that gave what the operator had staged.
  int staged_seen() const { return staged_seen_; }
  int conflicts() const { return conflicts_; }

 private:
  // Of one name: numbers of its uploads.
  struct Memory {
    int acknowledged = 0;
    int sent = 0;
  };

  checkpoint_port Port();
  bool Step();
  int32_t Send(const uint8_t* bytes, size_t size);
  int32_t Receive(uint8_t* bytes, size_t size);
  bool Draw(uint8_t* bytes, size_t size);

  bool Enrol();
  bool Cycle(const std::string& name);
  void CheckContent(const std::string& name, const std::string& content, bool from_operator);
  bool Upload(const std::string& name, const std::string& base, const checkpoint_fetched& fetched,
              bool delta);
  void Breach(const std::string& what);
  void OnRefusal(checkpoint_result result, const char* what);

  const std::string id_;
  Random random_;
  CheckpointNetwork& network_;
  double pull_ = 0;
  std::optional<uint8_t> forced_;

  // What survives, as it was saved last; and what the running program has of it.
  checkpoint_retained saved_ = {};
  checkpoint_retained retained_ = {};
  checkpoint_client client_ = {};
  bool unplugged_ = false;
  std::string to_server_;
  std::string to_device_;
  size_t piece_ = 1;

  bool enrolled_ = false;
  std::string identifier_;
  std::map<std::string, Memory> memories_;
  std::set<std::string> operators_;
  int acknowledged_ = 0;
  int staged_seen_ = 0;
  int conflicts_ = 0;
  std::string breach_;
  std::array<uint8_t, 2'048> buffer_ = {};
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_CHECKPOINT_DEVICE_H_
