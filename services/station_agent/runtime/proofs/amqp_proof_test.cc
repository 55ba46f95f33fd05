#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <gtest/gtest.h>

#include <cstring>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kConversations = 1000;

// A stand-in for RabbitMQ, byte by byte: as much of AMQP 0-9-1 as one conversation needs.
class StandIn {
 public:
  explicit StandIn(int descriptor) : descriptor_(descriptor) {}
  ~StandIn() { close(descriptor_); }

  // Takes one method frame of any kind; false at the end of the stream.
  bool Take() {
    unsigned char head[7];
    if (!Fill(head, sizeof(head))) return false;
    const size_t size =
        size_t{head[3]} << 24 | size_t{head[4]} << 16 | size_t{head[5]} << 8 | head[6];
    std::string payload(size + 1, '\0');  // with the end mark
    return Fill(payload.data(), payload.size());
  }
  bool TakeProtocolHeader() {
    char header[8];
    return Fill(header, sizeof(header)) && std::memcmp(header, "AMQP", 4) == 0;
  }
  void Give(int channel, int class_id, int method, const std::string& arguments) {
    const std::string payload = Short(class_id) + Short(method) + arguments;
    const std::string frame =
        std::string(1, '\1') + Short(channel) + Long(payload.size()) + payload + '\xCE';
    EXPECT_EQ(send(descriptor_, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  }

  static std::string Short(int value) {
    return {static_cast<char>(value >> 8), static_cast<char>(value)};
  }
  static std::string Long(size_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
            static_cast<char>(value >> 8), static_cast<char>(value)};
  }
  static std::string LongText(const std::string& text) { return Long(text.size()) + text; }

 private:
  bool Fill(void* buffer, size_t size) {
    return recv(descriptor_, buffer, size, MSG_WAITALL) == static_cast<ssize_t>(size);
  }
  int descriptor_;
};

void Serve(int descriptor, Barrier& all_asked) {
  StandIn peer(descriptor);
  ASSERT_TRUE(peer.TakeProtocolHeader());
  const std::string version{'\0', '\11'};
  peer.Give(0, 10, 10,
            version + StandIn::Long(0) + StandIn::LongText("PLAIN") +
                StandIn::LongText("en_US"));                                             // start
  ASSERT_TRUE(peer.Take());                                                              // start-ok
  peer.Give(0, 10, 30, StandIn::Short(16) + StandIn::Long(131072) + StandIn::Short(0));  // tune
  ASSERT_TRUE(peer.Take());                                                              // tune-ok
  ASSERT_TRUE(peer.Take());                                                              // open
  peer.Give(0, 10, 41, std::string(1, '\0'));
  ASSERT_TRUE(peer.Take());  // channel open
  all_asked.Arrive();
  peer.Give(1, 20, 11, StandIn::Long(0));
  ASSERT_TRUE(peer.Take());  // queue declare
  peer.Give(1, 50, 11, "\1q" + StandIn::Long(7) + StandIn::Long(0));
  ASSERT_TRUE(peer.Take());  // connection close
  peer.Give(0, 10, 51, "");
}

void Talk(int port) {
  amqp_connection_state_t connection = amqp_new_connection();
  // A login is given 12 seconds by default. A thousand at once take half a second of processor
  // time, which a machine that is busy with other things may not have within those.
  ASSERT_EQ(amqp_set_handshake_timeout(connection, nullptr), AMQP_STATUS_OK);
  amqp_socket_t* socket = amqp_tcp_socket_new(connection);
  ASSERT_EQ(amqp_socket_open(socket, "127.0.0.1", port), AMQP_STATUS_OK);
  const auto login = amqp_login(connection, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "u", "p");
  ASSERT_EQ(login.reply_type, AMQP_RESPONSE_NORMAL);
  ASSERT_NE(amqp_channel_open(connection, 1), nullptr);
  const amqp_queue_declare_ok_t* queue =
      amqp_queue_declare(connection, 1, amqp_cstring_bytes("q"), 0, 0, 0, 0, amqp_empty_table);
  ASSERT_NE(queue, nullptr);
  EXPECT_EQ(queue->message_count, 7u);
  const auto closed = amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
  EXPECT_EQ(closed.reply_type, AMQP_RESPONSE_NORMAL);
  EXPECT_EQ(amqp_destroy_connection(connection), AMQP_STATUS_OK);
}

TEST(AmqpProof, AThousandConversationsOnOneThread) {
  int port = 0;
  const int listener = ListenOnLoopback(&port);
  OneThread thread;
  Barrier all_asked(kConversations);
  thread.runtime().Spawn(
      [&] {
        for (int i = 0; i < kConversations; ++i) {
          const int descriptor = accept(listener, nullptr, nullptr);
          Spawn([&all_asked, descriptor] { Serve(descriptor, all_asked); }, thread.options());
        }
      },
      thread.options());
  std::atomic<int> done{0};
  thread.Converse(kConversations, [&](int) {
    Talk(port);
    ++done;
  });
  EXPECT_EQ(done, kConversations);
  close(listener);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
