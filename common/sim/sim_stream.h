#ifndef UNDERSTUDY_COMMON_SIM_SIM_STREAM_H_
#define UNDERSTUDY_COMMON_SIM_SIM_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/sim/sim_loop.h"
#include "common/sim/sim_network.h"
#include "common/sim/sim_node.h"
#include "common/sim/sim_trace.h"

namespace understudy {

class SimStreams;

// One end of a connection as TCP makes it and gRPC streams use it: each message once and in order,
// or the stream closes. While either way between the nodes is blocked, or the receiver does not
// read, messages wait and are sent again; after kGiveUp both ends close. A crash of either node
// closes the stream at the other. Handlers run as tasks of the end's node. Not thread-safe.
class SimStream {
 public:
  using OnMessage = std::function<void(const SimMessage& message)>;
  using OnClosed = std::function<void()>;

  // More messages than this under way close the stream: whoever sends must look at what comes back.
  static constexpr size_t kMaxUnderWay = 1024;
  static constexpr absl::Duration kGiveUp = absl::Seconds(20);

  // To be called at once by whoever connects or accepts. `on_closed` is called when the stream
  // closes by anything but this end's Close or its node's crash; after it, nothing is called.
  void SetHandlers(OnMessage on_message, OnClosed on_closed);
  // False when the stream is closed.
  bool Send(SimMessage message);
  // What was sent before still arrives. No handler of this end is called any more.
  void Close();

  bool is_open() const { return is_open_; }
  // The id of the node at the other end.
  const std::string& peer() const { return peer_node_; }

 private:
  friend class SimStreams;

  struct Frame {
    enum class Kind { kOpen, kMessage, kClose };
    Kind kind = Kind::kMessage;
    SimMessage message;
    SteadyTime arrives;
  };

  SimStream(SimStreams& streams, SimNode& node, std::string peer_node)
      : streams_(streams), node_(node), peer_node_(std::move(peer_node)) {}

  SimStreams& streams_;
  SimNode& node_;
  const std::string peer_node_;
  // Where SimStreams keeps it.
  uint64_t number_ = 0;
  std::weak_ptr<SimStream> peer_;
  std::string port_;
  bool is_open_ = true;
  OnMessage on_message_;
  OnClosed on_closed_;
  std::deque<Frame> outgoing_;
  SteadyTime last_arrival_;
};

// Makes streams between the nodes of a simulated world. Not thread-safe.
class SimStreams {
 public:
  using Acceptor = std::function<void(std::shared_ptr<SimStream> stream)>;

  // Made by SimWorld; all must outlive it.
  SimStreams(SimLoop& loop, SimTrace& trace, SimNetwork& network)
      : loop_(loop), trace_(trace), network_(network) {}

  SimStreams(const SimStreams&) = delete;
  SimStreams& operator=(const SimStreams&) = delete;

  // Streams to `port` of `node` come to `acceptor`, as tasks of its executor; a crash ends it.
  void Accept(SimNode& node, const std::string& port, Acceptor acceptor);
  // Messages may be sent at once; they wait until the other side accepts. When nobody does, the
  // stream closes. `node` must be up.
  std::shared_ptr<SimStream> Connect(SimNode& node, const std::string& to, const std::string& port);

 private:
  friend class SimStream;

  using End = std::shared_ptr<SimStream>;
  struct Listener {
    uint64_t incarnation = 0;
    Acceptor acceptor;
  };

  End MakeEnd(SimNode& node, const std::string& peer_node, const std::string& port);
  void Push(const End& end, SimStream::Frame::Kind kind, SimMessage message = {});
  void Pump(const End& end);
  void Arrive(const End& sender, const SimStream::Frame& frame);
  void Open(const End& end);
  // Its node crashed.
  void Break(const End& end);
  void GiveUp(const End& end);
  // Closes it, and tells its handler, as a task.
  void TellClosed(const End& end);
  bool CanArrive(const SimStream& sender) const;
  // Forgets an end that is closed and has nothing under way.
  void Release(const SimStream& end);

  SimLoop& loop_;
  SimTrace& trace_;
  SimNetwork& network_;
  std::map<std::pair<std::string, std::string>, Listener> listeners_;
  // Those that are open, or closed with something under way.
  std::map<uint64_t, End> ends_;
  uint64_t last_number_ = 0;
};

}  // namespace understudy

#endif  // UNDERSTUDY_COMMON_SIM_SIM_STREAM_H_
