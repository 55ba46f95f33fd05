#ifndef UNDERSTUDY_TESTS_SIMULATION_SIM_CALLS_H_
#define UNDERSTUDY_TESTS_SIMULATION_SIM_CALLS_H_

#include <any>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/sim/sim_world.h"

namespace understudy::simulation {

// What travels on "calls": a request that is carried out at the server's program, and its answer.
template <typename Server>
struct SimCall {
  using Answer = std::function<void(std::any result)>;
  uint64_t id = 0;
  std::function<void(Server& server, Answer answer)> run;
};
struct SimCallAnswer {
  uint64_t id = 0;
  std::any result;
};

// Takes calls for `server`, the program of `node`; it must be one of its parts.
template <typename Server>
class SimCallPort {
 public:
  SimCallPort(SimWorld& world, SimNode& node, Server& server) : server_(server) {
    world.streams().Accept(node, "calls", [this](auto stream) { Accept(std::move(stream)); });
  }

 private:
  void Accept(std::shared_ptr<SimStream> stream) {
    SimStream* const raw = stream.get();
    stream->SetHandlers(
        [this, raw](const SimMessage& message) {
          const auto& call = std::any_cast<const SimCall<Server>&>(message.body);
          call.run(server_, [this, raw, id = call.id](std::any result) {
            const auto open = callers_.find(raw);
            if (open == callers_.end()) return;
            open->second->Send({"answer", SimCallAnswer{id, std::move(result)}});
          });
        },
        [this, raw] { callers_.erase(raw); });
    callers_.emplace(raw, std::move(stream));
  }

  Server& server_;
  std::map<SimStream*, std::shared_ptr<SimStream>> callers_;
};

// Calls `Server` on another node. A call whose answer does not come within its time, or before the
// stream closes, has failed with UNAVAILABLE, and may have been done.
template <typename Server>
class SimCaller {
 public:
  SimCaller(SimWorld& world, SimNode& node, std::string server, absl::Duration timeout)
      : world_(world), node_(node), server_(std::move(server)), timeout_(timeout) {}

  // `Result` is made of an error status.
  template <typename Result>
  void Call(std::function<void(Server&, std::function<void(Result)>)> run,
            std::function<void(Result)> done) {
    Send([run = std::move(run)](Server& server,
                                auto answer) { run(server, [answer](Result r) { answer(r); }); },
         [done = std::move(done)](const std::any* result) {
           if (result == nullptr) return done(absl::UnavailableError("no answer"));
           done(std::any_cast<Result>(*result));
         });
  }

 private:
  using OnAnswer = std::function<void(const std::any* result)>;

  void Send(std::function<void(Server&, typename SimCall<Server>::Answer)> run,
            OnAnswer on_answer) {
    const uint64_t id = ++last_id_;
    waiting_[id] = std::move(on_answer);
    if (stream_ == nullptr) Connect();
    stream_->Send({"call", SimCall<Server>{id, std::move(run)}});
    node_.executor().RunAt(node_.clock().SteadyNow() + timeout_,
                           [this, id] { Settle(id, nullptr); });
  }

  void Connect() {
    stream_ = world_.streams().Connect(node_, server_, "calls");
    stream_->SetHandlers(
        [this](const SimMessage& message) {
          const auto& answer = std::any_cast<const SimCallAnswer&>(message.body);
          Settle(answer.id, &answer.result);
        },
        [this] {
          stream_ = nullptr;
          for (uint64_t last = last_id_; !waiting_.empty() && waiting_.begin()->first <= last;) {
            Settle(waiting_.begin()->first, nullptr);
          }
        });
  }

  void Settle(uint64_t id, const std::any* result) {
    auto waiting = waiting_.extract(id);
    if (!waiting.empty()) waiting.mapped()(result);
  }

  SimWorld& world_;
  SimNode& node_;
  const std::string server_;
  const absl::Duration timeout_;
  std::shared_ptr<SimStream> stream_;
  std::map<uint64_t, OnAnswer> waiting_;
  uint64_t last_id_ = 0;
};

}  // namespace understudy::simulation

#endif  // UNDERSTUDY_TESTS_SIMULATION_SIM_CALLS_H_
