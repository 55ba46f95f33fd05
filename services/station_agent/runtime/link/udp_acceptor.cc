#include "services/station_agent/runtime/link/udp_acceptor.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/time/system_clock.h"
#include "services/station_agent/runtime/scheduler/manager.h"
#include "services/station_agent/runtime/sync/channel.h"

namespace understudy::station_agent::runtime {
namespace {

// So many datagrams in a row, and then the other coroutines have their turn.
constexpr int kTurn = 32;

SteadyTime Now() { return SystemClock().SteadyNow(); }

enum class End : uint8_t { kNone, kIdle, kClosed };

struct Sender {
  Sender(const SocketAddress& from, std::string called, size_t max_queued)
      : address(from), name(std::move(called)), queue(max_queued) {}

  const SocketAddress address;
  const std::string name;
  Channel<std::string> queue;
  std::atomic<int64_t> active_at{0};
  std::atomic<End> end{End::kNone};
};
using SenderPtr = std::shared_ptr<Sender>;

// The same for the same sender: the system leaves no byte of it unset.
std::string KeyOf(const SocketAddress& address) {
  return {reinterpret_cast<const char*>(&address.storage), address.size};
}

std::string NameOf(const SocketAddress& address) {
  const auto peer = ToEndpoint(address);
  return peer.ok() ? absl::StrCat("udp ", peer->host, ":", peer->port) : "udp";
}

}  // namespace

// What the acceptor, its links and the coroutine that hands out share.
class UdpAcceptor::Switchboard {
 public:
  Switchboard(std::unique_ptr<UdpSocket> bound, UdpAcceptorOptions options)
      : options_(options), socket_(std::move(bound)), fresh_(options.max_senders) {}

  void HandOut() {
    std::string buffer(kLargestDatagram, '\0');
    SteadyTime next_look = SteadyTime::Infinite();  // for idle ones
    for (int count = 1;; ++count) {
      SocketAddress from;
      const auto size = socket_->ReceiveFrom(buffer, from, next_look);
      if (!size.ok() && !absl::IsDeadlineExceeded(size.status())) break;
      if (size.ok()) HandTo(from, std::string_view(buffer).substr(0, *size));
      if (next_look.is_infinite() || Now() >= next_look) next_look = EndIdle();
      if (count % kTurn == 0) Manager::Current()->Yield();
    }
    Close();
  }

  absl::StatusOr<SenderPtr> Next(SteadyTime deadline) { return fresh_.Receive(deadline); }
  absl::Status Send(Sender& to, std::string_view data, SteadyTime deadline) {
    if (to.end.load() != End::kNone) return absl::UnavailableError(to.name + ": the link ended");
    to.active_at = Now().nanoseconds();
    return socket_->SendTo(data, to.address, deadline);
  }
  void Remove(const SenderPtr& sender) {
    const MutexGuard guard(mutex_);
    const auto found = senders_.find(KeyOf(sender->address));
    if (found != senders_.end() && found->second == sender) senders_.erase(found);
    EndOne(*sender, End::kClosed);
  }
  void Close() {
    socket_->Close();
    fresh_.Close();
    const MutexGuard guard(mutex_);
    for (const auto& [key, sender] : senders_) EndOne(*sender, End::kClosed);
    senders_.clear();
  }

  uint16_t port() const { return socket_->port(); }
  UdpAcceptorStats stats() {
    const MutexGuard guard(mutex_);
    UdpAcceptorStats now = stats_;
    now.senders = senders_.size();
    return now;
  }

 private:
  static void EndOne(Sender& sender, End end) {
    End none = End::kNone;
    sender.end.compare_exchange_strong(none, end);
    sender.queue.Close();
  }

  void HandTo(const SocketAddress& from, std::string_view data) {
    const MutexGuard guard(mutex_);
    const SenderPtr sender = FindOrMake(from);
    if (sender == nullptr) {
      ++stats_.refused;
      return;
    }
    sender->active_at = Now().nanoseconds();
    if (!data.empty() && !sender->queue.TrySend(std::string(data))) ++stats_.overflowed;
  }

  SenderPtr FindOrMake(const SocketAddress& from) {
    const std::string key = KeyOf(from);
    const auto found = senders_.find(key);
    if (found != senders_.end()) return found->second;
    if (senders_.size() >= options_.max_senders) return nullptr;
    auto sender = std::make_shared<Sender>(from, NameOf(from), options_.max_queued);
    if (!fresh_.TrySend(sender)) return nullptr;  // nobody accepts: as many wait as may
    senders_.emplace(key, sender);
    return sender;
  }

  // Returns when to look again.
  SteadyTime EndIdle() {
    const int64_t latest = (Now() - options_.idle).nanoseconds();
    const MutexGuard guard(mutex_);
    std::erase_if(senders_, [&](const auto& one) {
      Sender& sender = *one.second;
      if (sender.active_at.load() > latest) return false;
      EndOne(sender, End::kIdle);
      ++stats_.idled;
      return true;
    });
    return senders_.empty() ? SteadyTime::Infinite() : Now() + options_.idle / 4;
  }

  const UdpAcceptorOptions options_;
  const std::unique_ptr<UdpSocket> socket_;
  Channel<SenderPtr> fresh_;  // not accepted yet
  Mutex mutex_;
  std::map<std::string, SenderPtr> senders_;  // guarded by mutex_, as are these
  UdpAcceptorStats stats_;
};

class UdpAcceptor::SenderLink final : public Link {
 public:
  SenderLink(std::shared_ptr<Switchboard> switchboard, SenderPtr sender)
      : switchboard_(std::move(switchboard)), sender_(std::move(sender)) {}
  ~SenderLink() override { Close(); }

  absl::StatusOr<size_t> Read(std::span<char> buffer, SteadyTime deadline) override {
    const auto datagram = sender_->queue.Receive(deadline);
    if (!datagram.ok()) {
      return sender_->end.load() == End::kIdle && absl::IsUnavailable(datagram.status())
                 ? absl::OutOfRangeError(name() + ": nothing was said for a while")
                 : datagram.status();
    }
    const size_t size = std::min(buffer.size(), datagram->size());
    std::memcpy(buffer.data(), datagram->data(), size);
    return size;
  }
  absl::Status Write(std::string_view data, SteadyTime deadline) override {
    if (data.empty()) return absl::OkStatus();
    return switchboard_->Send(*sender_, data, deadline);
  }
  void Close() override { switchboard_->Remove(sender_); }
  const std::string& name() const override { return sender_->name; }

 private:
  const std::shared_ptr<Switchboard> switchboard_;
  const SenderPtr sender_;
};

UdpAcceptor::UdpAcceptor(std::shared_ptr<Switchboard> switchboard)
    : switchboard_(std::move(switchboard)) {}

UdpAcceptor::~UdpAcceptor() { Close(); }

absl::StatusOr<std::unique_ptr<UdpAcceptor>> UdpAcceptor::Bind(const Endpoint& local,
                                                               UdpAcceptorOptions options) {
  Manager* manager = Manager::Current();
  if (manager == nullptr || manager->current() == nullptr) {
    return absl::FailedPreconditionError("a UDP acceptor is made in a coroutine");
  }
  auto socket = UdpSocket::Bind(local);
  if (!socket.ok()) return socket.status();
  auto switchboard = std::make_shared<Switchboard>(*std::move(socket), options);
  if (manager->Spawn([switchboard] { switchboard->HandOut(); }, {.name = "udp-acceptor"}) == 0) {
    return absl::ResourceExhaustedError("no coroutine for a UDP acceptor");
  }
  return std::unique_ptr<UdpAcceptor>(new UdpAcceptor(std::move(switchboard)));
}

absl::StatusOr<std::unique_ptr<Link>> UdpAcceptor::Accept(SteadyTime deadline) {
  auto sender = switchboard_->Next(deadline);
  if (!sender.ok()) return sender.status();
  return std::make_unique<SenderLink>(switchboard_, *std::move(sender));
}

void UdpAcceptor::Close() { switchboard_->Close(); }
uint16_t UdpAcceptor::port() const { return switchboard_->port(); }
UdpAcceptorStats UdpAcceptor::stats() const { return switchboard_->stats(); }

}  // namespace understudy::station_agent::runtime
