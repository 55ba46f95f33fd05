#include <gtest/gtest.h>
#include <httplib.h>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kConversations = 1000;

// Where the library would give a connection to a thread of its pool, it gets a coroutine.
class CoroutineQueue : public httplib::TaskQueue {
 public:
  explicit CoroutineQueue(SpawnOptions options) : options_(options) {}

  void enqueue(std::function<void()> task) override {
    group_.Add(1);
    Spawn(
        [this, work = std::move(task)] {
          work();
          group_.Done();
        },
        options_);
  }
  void shutdown() override { EXPECT_TRUE(group_.Wait().ok()); }

 private:
  SpawnOptions options_;
  WaitGroup group_;
};

TEST(HttpProof, ClientsAndServerShareOneThread) {
  OneThread thread;
  Barrier all_asked(kConversations);
  httplib::Server server;
  server.new_task_queue = [&] { return new CoroutineQueue(thread.options()); };
  server.set_keep_alive_max_count(1);
  server.set_read_timeout(300);
  server.Get("/meter", [&](const httplib::Request& request, httplib::Response& response) {
    all_asked.Arrive();
    response.set_content("reading " + request.get_param_value("id"), "text/plain");
  });
  // The library listens for five at a time; a thousand come at once.
  socket_t listener = -1;
  server.set_socket_options([&](socket_t made) { listener = made; });
  const int port = server.bind_to_any_port("127.0.0.1");
  ASSERT_GT(port, 0);
  ASSERT_EQ(listen(listener, 4096), 0);
  WaitGroup stopped;
  stopped.Add(1);
  thread.runtime().Spawn(
      [&] {
        EXPECT_TRUE(server.listen_after_bind());
        stopped.Done();
      },
      thread.options());
  std::atomic<int> done{0};
  thread.Converse(kConversations, [&](int i) {
    httplib::Client client("127.0.0.1", port);
    client.set_connection_timeout(300);
    client.set_read_timeout(300);
    const auto answer = client.Get("/meter?id=" + std::to_string(i));
    ASSERT_TRUE(answer) << httplib::to_string(answer.error());
    EXPECT_EQ(answer->body, "reading " + std::to_string(i));
    ++done;
  });
  EXPECT_EQ(done, kConversations);
  server.stop();
  EXPECT_TRUE(stopped.Wait().ok());
}

}  // namespace
}  // namespace understudy::station_agent::runtime
