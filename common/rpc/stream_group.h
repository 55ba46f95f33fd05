#ifndef UNDERSTUDY_COMMON_RPC_STREAM_GROUP_H_
#define UNDERSTUDY_COMMON_RPC_STREAM_GROUP_H_

#include <map>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace understudy::rpc {

// A server-side stream that can be ended from outside.
class EndableStream {
 public:
  virtual ~EndableStream() = default;
  // Sends what is queued, then ends the stream. Later calls are ignored.
  virtual void Finish(const absl::Status& status) = 0;
};

// The open streams of one server, so that a shutdown can tell them to end. Name it in the options
// of each stream and of the server. Thread-safe; must outlive its streams.
class StreamGroup {
 public:
  // Finishes the stream at once when EndAll was called before.
  void Add(const std::shared_ptr<EndableStream>& stream);
  void Remove(const EndableStream* stream);
  // Finishes all that are open and all that are added later.
  void EndAll(const absl::Status& status);
  size_t size() const;

 private:
  mutable absl::Mutex mutex_;
  std::map<const EndableStream*, std::weak_ptr<EndableStream>> streams_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> ended_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_STREAM_GROUP_H_
