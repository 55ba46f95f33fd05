// getaddrinfo, getnameinfo, gethostbyname and its relatives. The C library resolves names with
// calls that no hook can see, so a thread of its own does it while the coroutine waits.

#include <netdb.h>
#include <sys/socket.h>

#include <cstring>
#include <memory>
#include <optional>
#include <string>

#include "services/station_agent/runtime/hooks/hook_support.h"
#include "services/station_agent/runtime/sync/offload.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

std::optional<std::string> Copy(const char* text) {
  return text == nullptr ? std::nullopt : std::optional<std::string>(text);
}
const char* Text(const std::optional<std::string>& text) {
  return text.has_value() ? text->c_str() : nullptr;
}

// Owned by both sides: a cancelled coroutine leaves it to the thread.
struct AddressLookup {
  std::optional<std::string> node;
  std::optional<std::string> service;
  std::optional<addrinfo> hints;
  addrinfo* found = nullptr;
  int error = 0;

  ~AddressLookup() {
    if (found != nullptr) freeaddrinfo(found);
  }
};

struct Answer {
  int result;
  int error;
  int host_error;
};

int FailWith(const absl::Status& status) {
  errno = absl::IsCancelled(status) ? ECANCELED : EAGAIN;
  return absl::IsCancelled(status) ? EAI_SYSTEM : EAI_AGAIN;
}

int GetAddressInfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  auto lookup = std::make_shared<AddressLookup>();
  lookup->node = Copy(node);
  lookup->service = Copy(service);
  if (hints != nullptr) lookup->hints = *hints;
  const auto answer = Offload([lookup] {
    const int result = UNDERSTUDY_LIBC(getaddrinfo)(
        Text(lookup->node), Text(lookup->service),
        lookup->hints.has_value() ? &*lookup->hints : nullptr, &lookup->found);
    return Answer{result, errno, 0};
  });
  if (!answer.ok()) return FailWith(answer.status());
  if (answer->result == EAI_SYSTEM) errno = answer->error;
  if (answer->result == 0) *found = std::exchange(lookup->found, nullptr);
  return answer->result;
}

int GetNameInfo(const sockaddr* address, socklen_t size, char* host, socklen_t host_size,
                char* service, socklen_t service_size, int flags) {
  struct Lookup {
    sockaddr_storage address;
    std::string host;
    std::string service;
  };
  auto lookup = std::make_shared<Lookup>();
  std::memcpy(&lookup->address, address, std::min<size_t>(size, sizeof(lookup->address)));
  lookup->host.resize(host_size);
  lookup->service.resize(service_size);
  const auto answer = Offload(
      [lookup, size, flags, with_host = host != nullptr, with_service = service != nullptr] {
        const int result = UNDERSTUDY_LIBC(getnameinfo)(
            reinterpret_cast<const sockaddr*>(&lookup->address), size,
            with_host ? lookup->host.data() : nullptr, static_cast<socklen_t>(lookup->host.size()),
            with_service ? lookup->service.data() : nullptr,
            static_cast<socklen_t>(lookup->service.size()), flags);
        return Answer{result, errno, 0};
      });
  if (!answer.ok()) return FailWith(answer.status());
  if (answer->result == EAI_SYSTEM) errno = answer->error;
  if (answer->result == 0 && host != nullptr) std::memcpy(host, lookup->host.data(), host_size);
  if (answer->result == 0 && service != nullptr) {
    std::memcpy(service, lookup->service.data(), service_size);
  }
  return answer->result;
}

// The *_r calls write into the caller's buffers, which must outlive the lookup: it is not given up
// when the coroutine is cancelled.
template <typename Function>
int OffloadShielded(int* host_error, Function function) {
  const CancellationShield shield;
  const auto answer = Offload([function] {
    int problem = 0;
    const int result = function(&problem);
    return Answer{result, errno, problem};
  });
  if (!answer.ok()) {
    if (host_error != nullptr) *host_error = TRY_AGAIN;
    return EAGAIN;
  }
  if (host_error != nullptr) *host_error = answer->host_error;
  errno = answer->error;
  return answer->result;
}

// What gethostbyname returns lies in one buffer for the whole process, as in the C library.
struct HostBuffer {
  hostent entry;
  char data[8192];
};
HostBuffer host_buffer;

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
using understudy::station_agent::runtime::HookFamily;

extern "C" {

int getaddrinfo(const char* node, const char* service, const addrinfo* hints, addrinfo** found) {
  if (hooks::Active(HookFamily::kName) == nullptr) {
    return UNDERSTUDY_LIBC(getaddrinfo)(node, service, hints, found);
  }
  return hooks::GetAddressInfo(node, service, hints, found);
}

int getnameinfo(const sockaddr* address, socklen_t size, char* host, socklen_t host_size,
                char* service, socklen_t service_size, int flags) {
  if (hooks::Active(HookFamily::kName) == nullptr || size > sizeof(sockaddr_storage)) {
    return UNDERSTUDY_LIBC(getnameinfo)(address, size, host, host_size, service, service_size,
                                        flags);
  }
  return hooks::GetNameInfo(address, size, host, host_size, service, service_size, flags);
}

int gethostbyname2_r(const char* name, int family, hostent* entry, char* buffer, size_t size,
                     hostent** found, int* host_error) {
  if (hooks::Active(HookFamily::kName) == nullptr) {
    return UNDERSTUDY_LIBC(gethostbyname2_r)(name, family, entry, buffer, size, found, host_error);
  }
  return hooks::OffloadShielded(host_error, [=](int* problem) {
    return UNDERSTUDY_LIBC(gethostbyname2_r)(name, family, entry, buffer, size, found, problem);
  });
}

int gethostbyname_r(const char* name, hostent* entry, char* buffer, size_t size, hostent** found,
                    int* host_error) {
  if (hooks::Active(HookFamily::kName) == nullptr) {
    return UNDERSTUDY_LIBC(gethostbyname_r)(name, entry, buffer, size, found, host_error);
  }
  return hooks::OffloadShielded(host_error, [=](int* problem) {
    return UNDERSTUDY_LIBC(gethostbyname_r)(name, entry, buffer, size, found, problem);
  });
}

int gethostbyaddr_r(const void* address, socklen_t length, int family, hostent* entry, char* buffer,
                    size_t size, hostent** found, int* host_error) {
  if (hooks::Active(HookFamily::kName) == nullptr) {
    return UNDERSTUDY_LIBC(gethostbyaddr_r)(address, length, family, entry, buffer, size, found,
                                            host_error);
  }
  return hooks::OffloadShielded(host_error, [=](int* problem) {
    return UNDERSTUDY_LIBC(gethostbyaddr_r)(address, length, family, entry, buffer, size, found,
                                            problem);
  });
}

hostent* gethostbyname(const char* name) {
  if (hooks::Active() == nullptr) return UNDERSTUDY_LIBC(gethostbyname)(name);
  hostent* found = nullptr;
  auto& [entry, data] = hooks::host_buffer;
  gethostbyname_r(name, &entry, data, sizeof(data), &found, &h_errno);
  return found;
}

hostent* gethostbyname2(const char* name, int family) {
  if (hooks::Active() == nullptr) return UNDERSTUDY_LIBC(gethostbyname2)(name, family);
  hostent* found = nullptr;
  auto& [entry, data] = hooks::host_buffer;
  gethostbyname2_r(name, family, &entry, data, sizeof(data), &found, &h_errno);
  return found;
}

hostent* gethostbyaddr(const void* address, socklen_t length, int family) {
  if (hooks::Active() == nullptr) return UNDERSTUDY_LIBC(gethostbyaddr)(address, length, family);
  hostent* found = nullptr;
  auto& [entry, data] = hooks::host_buffer;
  gethostbyaddr_r(address, length, family, &entry, data, sizeof(data), &found, &h_errno);
  return found;
}

}  // extern "C"
