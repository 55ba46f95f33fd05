#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_DESCRIPTOR_LINK_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_DESCRIPTOR_LINK_H_

#include <atomic>
#include <string>

#include "services/station_agent/runtime/link/link.h"

namespace understudy::station_agent::runtime {

// Waits until poll reports one of `events` (POLLIN, POLLOUT) on `descriptor`.
absl::Status WaitForDescriptor(int descriptor, short events, SteadyTime deadline,
                               const std::string& name);
// UNAVAILABLE (or CANCELLED) with the text of `error`, an errno.
absl::Status LinkError(const std::string& name, std::string_view what, int error);

// A descriptor in non-blocking mode that it owns.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.number_.exchange(-1)) {}
  Descriptor& operator=(Descriptor&&) = delete;

  int get() const { return number_.load(std::memory_order_relaxed); }
  void Close();

 private:
  std::atomic<int> number_;
};

// A stream (or a connected datagram socket, where each Read is one datagram) over a descriptor.
class DescriptorLink final : public Link {
 public:
  DescriptorLink(Descriptor descriptor, std::string name)
      : descriptor_(std::move(descriptor)), name_(std::move(name)) {}

  absl::StatusOr<size_t> Read(std::span<char> buffer, SteadyTime deadline) override;
  absl::Status Write(std::string_view data, SteadyTime deadline) override;
  void Close() override { descriptor_.Close(); }
  const std::string& name() const override { return name_; }

 private:
  Descriptor descriptor_;
  const std::string name_;
};

}  // namespace understudy::station_agent::runtime

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_LINK_DESCRIPTOR_LINK_H_
