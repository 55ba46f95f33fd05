#include <gtest/gtest.h>
#include <mosquitto.h>

#include <fstream>
#include <set>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

// libmosquitto waits in select, which knows only the first 1,024 descriptors of a process, and each
// of its clients takes three.
constexpr int kConversations = 300;

struct Conversation {
  int number = 0;
  bool subscribed = false;
  bool go = false;
};

mosquitto* Connect(const std::string& path, Conversation* conversation, const Process& broker) {
  mosquitto* client = mosquitto_new(nullptr, true, conversation);
  mosquitto_subscribe_callback_set(client, [](mosquitto*, void* data, int, int, const int*) {
    static_cast<Conversation*>(data)->subscribed = true;
  });
  mosquitto_message_callback_set(client, [](mosquitto*, void* data, const mosquitto_message*) {
    static_cast<Conversation*>(data)->go = true;
  });
  while (mosquitto_connect(client, path.c_str(), 0, 600) != MOSQ_ERR_SUCCESS) {
    if (!broker.running()) return nullptr;
    usleep(20'000);
  }
  return client;
}

TEST(MqttProof, HundredsOfConversationsOnOneThread) {
  const std::string path = "/tmp/understudy-mqtt-" + std::to_string(getpid());
  const std::string configuration = testing::TempDir() + "/mosquitto.conf";
  std::ofstream(configuration) << "listener 0 " << path << "\nallow_anonymous true\nuser root\n";
  const Process broker({"/usr/sbin/mosquitto", "-c", configuration});
  mosquitto_lib_init();
  Barrier all_subscribed(kConversations);
  std::atomic<int> done{0};
  OneThread thread;
  thread.Converse(kConversations, [&](int i) {
    Conversation conversation;
    conversation.number = i;
    mosquitto* client = Connect(path, &conversation, broker);
    ASSERT_NE(client, nullptr);
    ASSERT_EQ(mosquitto_subscribe(client, nullptr, "go", 1), MOSQ_ERR_SUCCESS);
    while (!conversation.subscribed) {
      ASSERT_EQ(mosquitto_loop(client, -1, 1), MOSQ_ERR_SUCCESS);
    }
    all_subscribed.Arrive();
    if (i == 0) {
      ASSERT_EQ(mosquitto_publish(client, nullptr, "go", 3, "now", 1, false), MOSQ_ERR_SUCCESS);
    }
    while (!conversation.go) ASSERT_EQ(mosquitto_loop(client, -1, 1), MOSQ_ERR_SUCCESS);
    mosquitto_disconnect(client);
    mosquitto_destroy(client);
    ++done;
  });
  EXPECT_EQ(done, kConversations);
  mosquitto_lib_cleanup();
  unlink(path.c_str());
}

}  // namespace
}  // namespace understudy::station_agent::runtime
