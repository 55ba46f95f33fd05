#include "services/station_agent/runtime/link/descriptor_link.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/time/system_clock.h"

namespace understudy::station_agent::runtime {
namespace {

// -1 for ever, and never less than what is left.
int PollTimeout(SteadyTime deadline) {
  if (deadline.is_infinite()) return -1;
  const absl::Duration left = deadline - SystemClock().SteadyNow();
  const int64_t milliseconds = absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1)));
  return static_cast<int>(std::clamp<int64_t>(milliseconds, 0, INT_MAX));
}

}  // namespace

absl::Status LinkError(const std::string& name, std::string_view what, int error) {
  const std::string text = absl::StrCat(name, ": ", std::string(what), ": ", std::strerror(error));
  return error == ECANCELED ? absl::CancelledError(text) : absl::UnavailableError(text);
}

absl::Status WaitForDescriptor(int descriptor, short events, SteadyTime deadline,
                               const std::string& name) {
  if (descriptor < 0) return LinkError(name, "wait", EBADF);
  pollfd one{descriptor, events, 0};
  while (true) {
    const int found = poll(&one, 1, PollTimeout(deadline));
    if (found > 0 && (one.revents & POLLNVAL) != 0) return LinkError(name, "wait", EBADF);
    if (found > 0) return absl::OkStatus();
    if (found < 0 && errno != EINTR) return LinkError(name, "wait", errno);
    if (!deadline.is_infinite() && SystemClock().SteadyNow() >= deadline) {
      return absl::DeadlineExceededError(name + ": the deadline passed");
    }
  }
}

void Descriptor::Close() {
  const int number = number_.exchange(-1);
  if (number >= 0) close(number);
}

absl::StatusOr<size_t> DescriptorLink::Read(std::span<char> buffer, SteadyTime deadline) {
  while (true) {
    const ssize_t size = read(descriptor_.get(), buffer.data(), buffer.size());
    if (size > 0) return static_cast<size_t>(size);
    if (size == 0) return absl::OutOfRangeError(name_ + ": the other side ended the stream");
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return LinkError(name_, "read", errno);
    const absl::Status ready = WaitForDescriptor(descriptor_.get(), POLLIN, deadline, name_);
    if (!ready.ok()) return ready;
  }
}

absl::Status DescriptorLink::Write(std::string_view data, SteadyTime deadline) {
  while (!data.empty()) {
    const ssize_t size = write(descriptor_.get(), data.data(), data.size());
    if (size >= 0) {
      data.remove_prefix(static_cast<size_t>(size));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return LinkError(name_, "write", errno);
    const absl::Status ready = WaitForDescriptor(descriptor_.get(), POLLOUT, deadline, name_);
    if (!ready.ok()) return ready;
  }
  return absl::OkStatus();
}

}  // namespace understudy::station_agent::runtime
