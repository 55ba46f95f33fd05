#include "common/rpc/grpc_threads.h"

#include <dlfcn.h>
#include <grpc/support/time.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <pthread.h>
#include <sys/epoll.h>

#include <string_view>

#include "absl/synchronization/notification.h"
#include "common/executor/give_way.h"
#include "common/rpc/brief_wait.h"
#include "common/time/system_clock.h"

namespace understudy::rpc {
namespace {

// By the name that gRPC gives them. Under another name they would nap as before.
bool IsCallbackThread() {
  char name[16] = "";
  return pthread_getname_np(pthread_self(), name, sizeof name) == 0 &&
         std::string_view(name) == "nexting_thread";
}

// A channel that leads nowhere, and one call on it, which fails at once: from then on the channel,
// never released, holds the threads, and the call's callback, which never returns, one of them.
struct Holder {
  Holder() : stub(grpc::CreateChannel("", nullptr)) {
    stub.UnaryCall(&context, "/", {}, &request, &response,
                   [this](grpc::Status) { never.WaitForNotification(); });
  }
  grpc::GenericStub stub;
  grpc::ClientContext context;
  // Empty; without a slice it would be no message at all.
  const grpc::Slice nothing;
  const grpc::ByteBuffer request{&nothing, 1};
  grpc::ByteBuffer response;
  absl::Notification never;
};

}  // namespace

void PrepareGrpcThreads() {
  // "used": the pointer stays in memory, where leak checkers look for it.
  [[gnu::used]] static const Holder* const holder = new Holder();
}

}  // namespace understudy::rpc

// Takes the place of libgpr's for all of the process, libgrpc++ included: a process's own symbols
// come first.
extern "C" void gpr_sleep_until(gpr_timespec until) {
  if (understudy::rpc::IsCallbackThread()) return;
  static const auto original =
      reinterpret_cast<decltype(&gpr_sleep_until)>(dlsym(RTLD_NEXT, "gpr_sleep_until"));
  original(until);
}

// As that, of libc's. Weak: where the program takes epoll_wait over itself, its own is meant.
extern "C" [[gnu::weak]] int epoll_wait(int epoll, epoll_event* events, int limit, int timeout) {
  static const auto original =
      reinterpret_cast<decltype(&epoll_wait)>(dlsym(RTLD_NEXT, "epoll_wait"));
  static thread_local const bool is_callback_thread = understudy::rpc::IsCallbackThread();
  const auto wait = [&](int at_most) { return original(epoll, events, limit, at_most); };
  if (timeout == 0 || !is_callback_thread) return wait(timeout);
  static thread_local understudy::rpc::BriefWait brief_wait;
  return brief_wait.Await([&] { return wait(0); }, [&] { return wait(timeout); },
                          [] { return understudy::SystemClock().SteadyNow(); },
                          understudy::GiveWay);
}
