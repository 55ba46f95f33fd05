#include "tests/faults/network.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "cli/local_fleet/spawn.h"
#include "common/status/status.h"

namespace understudy::faults {
namespace {

constexpr char kNobody[] = "02:00:00:00:00:01";
constexpr char kInterface[] = "eth0";

absl::Status Ip(const std::vector<std::string>& words) {
  return cli::RunProgram("ip", words).status();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Network>> Network::Create(size_t places) {
  std::unique_ptr<Network> network(new Network());
  const absl::Status status = network->Build(places);
  if (status.ok()) return network;
  return MakeError(absl::StatusCode::kPermissionDenied, "NO_NAMESPACES",
                   "network namespaces cannot be made here: " + std::string(status.message()));
}

absl::Status Network::Build(size_t places) {
  const int number = getpid() % 100'000;
  prefix_ = absl::StrCat("uf", number);
  subnet_ = absl::StrCat("10.77.", number % 250);
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"link", "add", prefix_, "type", "bridge"}));
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"addr", "add", subnet_ + ".254/24", "dev", prefix_}));
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"link", "set", prefix_, "up"}));
  for (size_t i = 0; i < places; ++i) UNDERSTUDY_RETURN_IF_ERROR(AddPlace(i));
  return absl::OkStatus();
}

absl::Status Network::AddPlace(size_t index) {
  const std::string name = NamespaceOf(index);
  const std::string address = absl::StrCat(subnet_, ".", index + 1);
  places_.push_back({.host = address, .launcher = {"ip", "netns", "exec", name}});
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"netns", "add", name}));
  // The pair's outer end is named after the namespace.
  UNDERSTUDY_RETURN_IF_ERROR(
      Ip({"link", "add", name, "type", "veth", "peer", "name", kInterface, "netns", name}));
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"link", "set", name, "master", prefix_, "up"}));
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"-n", name, "addr", "add", address + "/24", "dev", kInterface}));
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"-n", name, "link", "set", kInterface, "up"}));
  // Leaves room before the rule for the place's own addresses: see CutPort.
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"-n", name, "rule", "add", "pref", "100", "lookup", "local"}));
  UNDERSTUDY_RETURN_IF_ERROR(Ip({"-n", name, "rule", "del", "pref", "0"}));
  return Ip({"-n", name, "link", "set", "lo", "up"});
}

absl::Status Network::LimitLinks(const std::string& rate) {
  const auto limit = [&](std::vector<std::string> words, const std::string& device) {
    for (const char* word : {"qdisc", "replace", "dev"}) words.push_back(word);
    words.push_back(device);
    for (const char* word : {"root", "tbf", "rate"}) words.push_back(word);
    words.push_back(rate);
    for (const char* word : {"burst", "16kb", "latency", "100ms"}) words.push_back(word);
    return cli::RunProgram("tc", words).status();
  };
  for (size_t i = 0; i < places_.size(); ++i) {
    UNDERSTUDY_RETURN_IF_ERROR(limit({"-n", NamespaceOf(i)}, kInterface));
    UNDERSTUDY_RETURN_IF_ERROR(limit({}, NamespaceOf(i)));
  }
  return absl::OkStatus();
}

std::string Network::NamespaceOf(size_t index) const {
  return absl::StrCat(prefix_, "-", index + 1);
}

Network::~Network() {
  // The outer ends go with their namespaces.
  for (size_t i = 0; i < places_.size(); ++i) Ip({"netns", "del", NamespaceOf(i)}).IgnoreError();
  Ip({"link", "del", prefix_}).IgnoreError();
}

absl::Status Network::Cut(size_t from, size_t to) {
  return Ip({"-n", NamespaceOf(from), "neigh", "replace", places_.at(to).host, "lladdr", kNobody,
             "dev", kInterface, "nud", "permanent"});
}

absl::Status Network::CutBothWays(size_t a, size_t b) {
  UNDERSTUDY_RETURN_IF_ERROR(Cut(a, b));
  return Cut(b, a);
}

absl::Status Network::Isolate(size_t index) {
  for (size_t i = 0; i < places_.size(); ++i) {
    if (i != index) UNDERSTUDY_RETURN_IF_ERROR(CutBothWays(index, i));
  }
  return absl::OkStatus();
}

// A routing rule that comes before the one for the place's own addresses, which is first otherwise.
absl::Status Network::CutPort(size_t from, int port) {
  return Ip({"-n", NamespaceOf(from), "rule", "add", "pref", absl::StrCat(++cut_ports_[from]),
             "ipproto", "tcp", "dport", absl::StrCat(port), "blackhole"});
}

absl::Status Network::HealPorts(size_t index) {
  for (int& cut = cut_ports_[index]; cut > 0; --cut) {
    UNDERSTUDY_RETURN_IF_ERROR(
        Ip({"-n", NamespaceOf(index), "rule", "del", "pref", absl::StrCat(cut)}));
  }
  return absl::OkStatus();
}

absl::Status Network::HealAll() {
  for (size_t from = 0; from < places_.size(); ++from) {
    UNDERSTUDY_RETURN_IF_ERROR(HealPorts(from));
    UNDERSTUDY_RETURN_IF_ERROR(
        Ip({"-n", NamespaceOf(from), "neigh", "flush", "dev", kInterface, "nud", "permanent"}));
  }
  return absl::OkStatus();
}

}  // namespace understudy::faults
