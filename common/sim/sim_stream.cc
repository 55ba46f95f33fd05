#include "common/sim/sim_stream.h"

#include <algorithm>

namespace understudy {
namespace {

// What does not pass is sent again after this.
constexpr absl::Duration kResend = absl::Milliseconds(200);

}  // namespace

void SimStream::SetHandlers(OnMessage on_message, OnClosed on_closed) {
  on_message_ = std::move(on_message);
  on_closed_ = std::move(on_closed);
}

bool SimStream::Send(SimMessage message) {
  if (!is_open_) return false;
  const auto self = streams_.ends_.at(number_);
  if (outgoing_.size() >= kMaxUnderWay) {
    streams_.GiveUp(self);
    return false;
  }
  streams_.Push(self, Frame::Kind::kMessage, std::move(message));
  return true;
}

void SimStream::Close() {
  if (!is_open_) return;
  is_open_ = false;
  SetHandlers(nullptr, nullptr);
  streams_.Push(streams_.ends_.at(number_), Frame::Kind::kClose);
}

void SimStreams::Accept(SimNode& node, const std::string& port, Acceptor acceptor) {
  listeners_[{node.id(), port}] = {node.incarnation(), std::move(acceptor)};
}

std::shared_ptr<SimStream> SimStreams::Connect(SimNode& node, const std::string& to,
                                               const std::string& port) {
  const End end = MakeEnd(node, to, port);
  Push(end, SimStream::Frame::Kind::kOpen);
  return end;
}

SimStreams::End SimStreams::MakeEnd(SimNode& node, const std::string& peer_node,
                                    const std::string& port) {
  const End end(new SimStream(*this, node, peer_node));
  end->number_ = ++last_number_;
  end->port_ = port;
  ends_.emplace(end->number_, end);
  node.AtCrash([this, weak = std::weak_ptr(end)] {
    if (const End broken = weak.lock()) Break(broken);
  });
  return end;
}

void SimStreams::Push(const End& end, SimStream::Frame::Kind kind, SimMessage message) {
  const SteadyTime arrives = loop_.now() + network_.DrawDelay(end->node_.id(), end->peer_node_);
  end->last_arrival_ = std::max(end->last_arrival_, arrives);
  end->outgoing_.push_back({kind, std::move(message), end->last_arrival_});
  if (end->outgoing_.size() == 1) loop_.At(end->last_arrival_, [this, end] { Pump(end); });
}

void SimStreams::Pump(const End& end) {
  if (end->outgoing_.empty()) return;  // It was broken in the meantime.
  if (!CanArrive(*end)) {
    if (loop_.now() - end->outgoing_.front().arrives >= SimStream::kGiveUp) return GiveUp(end);
    loop_.After(kResend, [this, end] { Pump(end); });
    return;
  }
  const SimStream::Frame frame = std::move(end->outgoing_.front());
  end->outgoing_.pop_front();
  Arrive(end, frame);
  if (end->outgoing_.empty()) return Release(*end);
  loop_.At(end->outgoing_.front().arrives, [this, end] { Pump(end); });
}

bool SimStreams::CanArrive(const SimStream& sender) const {
  const std::string& from = sender.node_.id();
  const SimNode* to = network_.Find(sender.peer_node_);
  // Nothing arrives unless the acknowledgement gets back. A node that is down refuses: that is an
  // answer, too.
  return network_.Passes(from, sender.peer_node_) && network_.Passes(sender.peer_node_, from) &&
         (to == nullptr || !to->is_up() || to->CanReceive());
}

void SimStreams::Arrive(const End& sender, const SimStream::Frame& frame) {
  using Kind = SimStream::Frame::Kind;
  if (frame.kind == Kind::kOpen) return Open(sender);
  const End end = sender->peer_.lock();
  if (end == nullptr || !end->is_open_) return;
  if (frame.kind == Kind::kClose) return TellClosed(end);
  trace_.Add(sender->node_.id() + " > " + end->node_.id() + ":" + end->port_ + " " +
             frame.message.kind + " (stream)");
  end->node_.executor().Post([end, message = frame.message] {
    // A copy: the handler may replace itself.
    const SimStream::OnMessage handler = end->on_message_;
    if (handler != nullptr) handler(message);
  });
}

void SimStreams::Open(const End& end) {
  SimNode* node = network_.Find(end->peer_node_);
  const auto found = listeners_.find({end->peer_node_, end->port_});
  if (node == nullptr || !node->is_up() || found == listeners_.end() ||
      found->second.incarnation != node->incarnation()) {
    TellClosed(end);
    return;
  }
  const End accepted = MakeEnd(*node, end->node_.id(), end->port_);
  accepted->peer_ = end;
  end->peer_ = accepted;
  trace_.Add(end->node_.id() + " > " + node->id() + ":" + end->port_ + " connected");
  node->executor().Post([accepted, acceptor = found->second.acceptor] { acceptor(accepted); });
}

void SimStreams::Break(const End& end) {
  const bool was_open = std::exchange(end->is_open_, false);
  // Closed before, but the other end has not heard of it.
  const bool untold = !end->outgoing_.empty();
  end->SetHandlers(nullptr, nullptr);
  // What was under way is lost; that the connection is gone is told all the same.
  end->outgoing_.clear();
  if (was_open || untold) Push(end, SimStream::Frame::Kind::kClose);
}

void SimStreams::GiveUp(const End& end) {
  trace_.Add(end->node_.id() + " gives up its stream to " + end->peer_node_ + ":" + end->port_);
  const End peer = end->peer_.lock();
  TellClosed(end);
  if (peer != nullptr) TellClosed(peer);
}

void SimStreams::TellClosed(const End& end) {
  end->outgoing_.clear();
  if (std::exchange(end->is_open_, false)) {
    end->node_.executor().Post([end] {
      const SimStream::OnClosed handler = std::move(end->on_closed_);
      end->SetHandlers(nullptr, nullptr);
      if (handler != nullptr) handler();
    });
  }
  Release(*end);
}

void SimStreams::Release(const SimStream& end) {
  if (!end.is_open_ && end.outgoing_.empty()) ends_.erase(end.number_);
}

}  // namespace understudy
