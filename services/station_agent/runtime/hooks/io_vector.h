#ifndef UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_IO_VECTOR_H_
#define UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_IO_VECTOR_H_

#include <sys/uio.h>

#include <cstddef>
#include <vector>

namespace understudy::station_agent::runtime::hooks {

// A list of buffers of which the first bytes are done.
class IoVector {
 public:
  IoVector(const iovec* buffers, size_t count) : buffers_(buffers, buffers + count) {
    for (const iovec& buffer : buffers_) size_ += buffer.iov_len;
  }

  // `done` counts from the beginning and never goes back.
  void SkipTo(size_t done) {
    size_t skip = done - done_;
    done_ = done;
    while (first_ < buffers_.size() && skip >= buffers_[first_].iov_len) {
      skip -= buffers_[first_++].iov_len;
    }
    if (first_ == buffers_.size()) return;
    iovec& buffer = buffers_[first_];
    buffer.iov_base = static_cast<char*>(buffer.iov_base) + skip;
    buffer.iov_len -= skip;
  }

  iovec* data() { return buffers_.data() + first_; }
  size_t count() const { return buffers_.size() - first_; }
  size_t size() const { return size_; }

 private:
  std::vector<iovec> buffers_;
  size_t first_ = 0;
  size_t done_ = 0;
  size_t size_ = 0;
};

}  // namespace understudy::station_agent::runtime::hooks

#endif  // UNDERSTUDY_SERVICES_STATION_AGENT_RUNTIME_HOOKS_IO_VECTOR_H_
