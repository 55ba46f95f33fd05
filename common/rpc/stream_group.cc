#include "common/rpc/stream_group.h"

#include <vector>

namespace understudy::rpc {

void StreamGroup::Add(const std::shared_ptr<EndableStream>& stream) {
  std::optional<absl::Status> ended;
  {
    absl::MutexLock lock(&mutex_);
    streams_[stream.get()] = stream;
    ended = ended_;
  }
  if (ended.has_value()) stream->Finish(*ended);
}

void StreamGroup::Remove(const EndableStream* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

void StreamGroup::EndAll(const absl::Status& status) {
  std::vector<std::shared_ptr<EndableStream>> open;
  {
    absl::MutexLock lock(&mutex_);
    ended_ = status;
    for (const auto& [key, stream] : streams_) {
      if (auto held = stream.lock()) open.push_back(std::move(held));
    }
  }
  // Without the lock: a stream that ends calls Remove.
  for (const auto& stream : open) stream->Finish(status);
}

size_t StreamGroup::size() const {
  absl::MutexLock lock(&mutex_);
  return streams_.size();
}

}  // namespace understudy::rpc
