// What makes, copies, changes and closes descriptors. These act on every thread, in or outside of
// the runtime, because managers remember things about numbers; for numbers that no manager ever
// used that costs a look into a table.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdarg>

#include "services/station_agent/runtime/hooks/hook_support.h"

namespace understudy::station_agent::runtime::hooks {
namespace {

bool IsOpen(int descriptor) { return UNDERSTUDY_LIBC(fcntl)(descriptor, F_GETFD) >= 0; }

// A number that was just handed out: whatever was known of it is out of date. Only needed where the
// number was closed in a way that no hook saw, but cheap.
int Fresh(int descriptor) {
  if (descriptor >= 0) descriptor_registry::Closing(descriptor);
  return descriptor;
}

void AboutToReplace(int from, int to) {
  if (from == to || to < 0) return;
  const int saved = errno;
  if (IsOpen(from)) descriptor_registry::Closing(to);
  errno = saved;
}

void NoteOption(int descriptor, int level, int option) {
  if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO)) {
    descriptor_registry::SettingsChanged();
  }
  // Under TLS in the kernel a short read no longer means that nothing is left.
  Manager* manager = Active();
  if (level == IPPROTO_TCP && option == TCP_ULP && manager != nullptr) {
    manager->Descriptor(descriptor).always_try = true;
  }
}

}  // namespace
}  // namespace understudy::station_agent::runtime::hooks

namespace hooks = understudy::station_agent::runtime::hooks;
namespace registry = understudy::station_agent::runtime::descriptor_registry;
using understudy::station_agent::runtime::HookFamily;

extern "C" {

int close(int descriptor) {
  hooks::Active(HookFamily::kDescriptor);
  registry::Closing(descriptor);
  return UNDERSTUDY_LIBC(close)(descriptor);
}

int close_range(unsigned int first, unsigned int last, int flags) noexcept {
  if ((flags & CLOSE_RANGE_CLOEXEC) == 0) registry::ClosingRange(first, last);
  return UNDERSTUDY_LIBC(close_range)(first, last, flags);
}

void closefrom(int first) noexcept {
  registry::ClosingRange(first < 0 ? 0 : static_cast<unsigned>(first), ~0u);
  UNDERSTUDY_LIBC(closefrom)(first);
}

int fclose(FILE* stream) {
  const int descriptor = fileno(stream);
  if (descriptor >= 0) registry::Closing(descriptor);
  return UNDERSTUDY_LIBC(fclose)(stream);
}

int pclose(FILE* stream) {
  const int descriptor = fileno(stream);
  if (descriptor >= 0) registry::Closing(descriptor);
  return UNDERSTUDY_LIBC(pclose)(stream);
}

int dup(int descriptor) noexcept { return hooks::Fresh(UNDERSTUDY_LIBC(dup)(descriptor)); }

int dup2(int from, int to) noexcept {
  hooks::AboutToReplace(from, to);
  return UNDERSTUDY_LIBC(dup2)(from, to);
}

int dup3(int from, int to, int flags) noexcept {
  hooks::AboutToReplace(from, to);
  return UNDERSTUDY_LIBC(dup3)(from, to, flags);
}

int socket(int domain, int type, int protocol) noexcept {
  return hooks::Fresh(UNDERSTUDY_LIBC(socket)(domain, type, protocol));
}

int socketpair(int domain, int type, int protocol, int ends[2]) noexcept {
  const int result = UNDERSTUDY_LIBC(socketpair)(domain, type, protocol, ends);
  if (result == 0) hooks::Fresh(ends[0]), hooks::Fresh(ends[1]);
  return result;
}

int pipe(int ends[2]) noexcept {
  const int result = UNDERSTUDY_LIBC(pipe)(ends);
  if (result == 0) hooks::Fresh(ends[0]), hooks::Fresh(ends[1]);
  return result;
}

int pipe2(int ends[2], int flags) noexcept {
  const int result = UNDERSTUDY_LIBC(pipe2)(ends, flags);
  if (result == 0) hooks::Fresh(ends[0]), hooks::Fresh(ends[1]);
  return result;
}

// Every command takes at most one argument, as wide as a pointer: it is handed on as it came.
int fcntl(int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = UNDERSTUDY_LIBC(fcntl)(descriptor, command, argument);
  if (command == F_SETFL) registry::SettingsChanged();
  if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) hooks::Fresh(result);
  return result;
}

int fcntl64(int descriptor, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return fcntl(descriptor, command, argument);
}

int ioctl(int descriptor, unsigned long request, ...) noexcept {
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = UNDERSTUDY_LIBC(ioctl)(descriptor, request, argument);
  if (request == FIONBIO) registry::SettingsChanged();
  return result;
}

int setsockopt(int descriptor, int level, int option, const void* value, socklen_t size) noexcept {
  const int result = UNDERSTUDY_LIBC(setsockopt)(descriptor, level, option, value, size);
  if (result == 0) hooks::NoteOption(descriptor, level, option);
  return result;
}

}  // extern "C"
