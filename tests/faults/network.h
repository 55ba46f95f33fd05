#ifndef UNDERSTUDY_TESTS_FAULTS_NETWORK_H_
#define UNDERSTUDY_TESTS_FAULTS_NETWORK_H_

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/local_fleet/control_plan.h"

namespace understudy::faults {

// Network namespaces of this machine, each with an address of its own, joined by a bridge to which
// the test's own namespace belongs, too. Packets between two of them can be lost, in one direction
// or both: the sender is told a wrong Ethernet address, so that nobody hears them and nobody says
// so.
// Needs the right to make namespaces (root). Not thread-safe; all is removed at the end.
class Network {
 public:
  // PERMISSION_DENIED NO_NAMESPACES says what is missing.
  static absl::StatusOr<std::unique_ptr<Network>> Create(size_t places);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // How a process is started in the namespace.
  const cli::Place& place(size_t index) const { return places_.at(index); }
  const std::vector<cli::Place>& places() const { return places_; }

  // Packets from the one to the other are lost until Heal.
  absl::Status Cut(size_t from, size_t to);
  absl::Status CutBothWays(size_t a, size_t b);
  // Between that one and all others, both ways; the test still reaches it.
  absl::Status Isolate(size_t index);
  // What place `from` sends to the TCP port, wherever that is, is lost; new connections fail.
  absl::Status CutPort(size_t from, int port);
  absl::Status HealAll();

  // From now on no place sends or gets more than `rate`, as tc(8) writes it ("100mbit"), as if each
  // were on a port of a switch of that speed.
  absl::Status LimitLinks(const std::string& rate);

 private:
  Network() = default;
  absl::Status Build(size_t places);
  absl::Status AddPlace(size_t index);
  absl::Status HealPorts(size_t index);
  std::string NamespaceOf(size_t index) const;

  // Short: names of interfaces have at most 15 characters.
  std::string prefix_;
  std::string subnet_;
  std::vector<cli::Place> places_;
  // By place: how many ports are cut.
  std::map<size_t, int> cut_ports_;
};

}  // namespace understudy::faults

#endif  // UNDERSTUDY_TESTS_FAULTS_NETWORK_H_
