// The source's design: ucontext, a pool of 500 control blocks that doubles, stacks from a free
// list, one scheduler context that every switch goes through.

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <ucontext.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "bench/runtime/contenders.h"
#include "bench/runtime/measure.h"

namespace understudy::bench {
namespace {

constexpr size_t kStack = 64 * 1024;

struct Flow {
  ucontext_t context;
  std::function<void()> work;
  char* stack = nullptr;
  bool done = false;
};

class Scheduler {
 public:
  Scheduler() { Grow(500); }
  ~Scheduler() {
    for (char* stack : all_stacks_) munmap(stack, kStack);
  }

  Flow* Create(std::function<void()> work) {
    if (free_.empty()) Grow(flows_.size());
    Flow* flow = free_.back();
    free_.pop_back();
    flow->work = std::move(work);
    flow->done = false;
    ready_.push_back(flow);
    return flow;
  }
  void Run() {
    while (RunOne()) {
    }
  }
  bool RunOne() {
    if (ready_.empty()) return false;
    Flow* flow = ready_.front();
    ready_.pop_front();
    if (flow->stack == nullptr) Bind(flow);
    current_ = flow;
    swapcontext(&main_, &flow->context);
    if (flow->done) {
      stacks_.push_back(flow->stack);
      flow->stack = nullptr;
      free_.push_back(flow);
    }
    return true;
  }
  void Yield() {
    ready_.push_back(current_);
    Park();
  }
  void Park() { swapcontext(&current_->context, &main_); }
  void Wake(Flow* flow) { ready_.push_back(flow); }
  Flow* current() { return current_; }

 private:
  void Grow(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      flows_.push_back(std::make_unique<Flow>());
      free_.push_back(flows_.back().get());
    }
  }
  void Bind(Flow* flow) {
    if (stacks_.empty()) {
      stacks_.push_back(static_cast<char*>(
          mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
      all_stacks_.push_back(stacks_.back());
    }
    flow->stack = stacks_.back();
    stacks_.pop_back();
    getcontext(&flow->context);
    flow->context.uc_stack.ss_sp = flow->stack;
    flow->context.uc_stack.ss_size = kStack;
    flow->context.uc_link = &main_;
    running = this;
    makecontext(&flow->context, &Scheduler::Begin, 0);
  }
  static void Begin() {
    running->current_->work();
    running->current_->done = true;
  }

  static inline Scheduler* running = nullptr;
  ucontext_t main_;
  Flow* current_ = nullptr;
  std::vector<std::unique_ptr<Flow>> flows_;
  std::vector<Flow*> free_;
  std::vector<char*> stacks_;
  std::vector<char*> all_stacks_;
  std::deque<Flow*> ready_;
};

uint64_t ran = 0;

double Create(int count) {
  Scheduler scheduler;
  const double start = ThreadCpuNanoseconds();
  for (int i = 0; i < count; ++i) scheduler.Create([] { ++ran; });
  return (ThreadCpuNanoseconds() - start) / count;
}

double Life(int count) {
  Scheduler scheduler;
  double result = 0;
  for (int round = 0; round < 2; ++round) {
    const double start = ThreadCpuNanoseconds();
    for (int i = 0; i < count; ++i) {
      scheduler.Create([] { ++ran; });
      if (i % 100 == 99) scheduler.Run();
    }
    result = (ThreadCpuNanoseconds() - start) / count;
  }
  return result;
}

double Change(int flows, int switches) {
  Scheduler scheduler;
  double start = 0;
  double result = 0;
  const int rounds = switches / flows;
  int waiting = flows;
  for (int i = 0; i < flows; ++i) {
    scheduler.Create([&] {
      scheduler.Yield();
      if (start == 0) start = ThreadCpuNanoseconds();
      for (int k = 0; k < rounds; ++k) scheduler.Yield();
      if (--waiting > 0) return;
      result = (ThreadCpuNanoseconds() - start) / (static_cast<double>(rounds) * flows);
    });
  }
  scheduler.Run();
  return result;
}

double Memory(int count) {
  Scheduler scheduler;
  const double before = MemoryInUse();
  for (int i = 0; i < count; ++i) scheduler.Create([&] { scheduler.Park(); });
  scheduler.Run();
  return (MemoryInUse() - before) / count;
}

// A read that would block registers the descriptor, and removes it when it woke: as hooks of that
// kind do it.
void WaitReadable(Scheduler& scheduler, int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = scheduler.current();
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
  scheduler.Park();
  epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event);
}

void Serve(Scheduler& scheduler, int epoll, int connection) {
  char buffer[4096];
  while (true) {
    const ssize_t size = recv(connection, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) {
      WaitReadable(scheduler, epoll, connection);
      continue;
    }
    if (size <= 0) break;
    if (send(connection, buffer, static_cast<size_t>(size), MSG_NOSIGNAL) != size) break;
  }
  close(connection);
}

void Echo(int listener) {
  Scheduler scheduler;
  const int epoll = epoll_create1(0);
  scheduler.Create([&] {
    while (true) {
      WaitReadable(scheduler, epoll, listener);
      const int connection = accept(listener, nullptr, nullptr);
      scheduler.Create([&, connection] { Serve(scheduler, epoll, connection); });
    }
  });
  while (true) {
    scheduler.Run();
    epoll_event events[256];
    const int count = epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) scheduler.Wake(static_cast<Flow*>(events[i].data.ptr));
  }
}

}  // namespace

Contender UcontextPool() { return {"ucontext + pool", Create, Life, Change, Memory, {}, Echo}; }

}  // namespace understudy::bench
