#include <gtest/gtest.h>
#include <modbus/modbus.h>

#include <memory>

#include "services/station_agent/runtime/proofs/proof.h"

namespace understudy::station_agent::runtime {
namespace {

constexpr int kConversations = 1000;

// libmodbus waits in select, which knows only the first 1,024 descriptors of a process: the servers
// have a process of their own.
[[noreturn]] void Serve(int listener) {
  OneThread thread;
  Barrier all_asked(kConversations);
  std::atomic<int> served{0};
  thread.Converse(kConversations, [&](int i) {
    modbus_t* server = modbus_new_tcp(nullptr, 0);
    modbus_set_indication_timeout(server, 300, 0);
    int shared_listener = listener;
    const int descriptor = modbus_tcp_accept(server, &shared_listener);
    modbus_mapping_t* mapping = modbus_mapping_new(0, 0, 4, 0);
    mapping->tab_registers[0] = static_cast<uint16_t>(i);
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    bool asked = false;
    while (true) {
      const int size = modbus_receive(server, query);
      if (size < 0) break;
      if (!asked) all_asked.Arrive();
      asked = true;
      modbus_reply(server, query, size, mapping);
    }
    close(descriptor);
    modbus_mapping_free(mapping);
    modbus_free(server);
    ++served;
  });
  _exit(served == kConversations ? 0 : 1);
}

TEST(ModbusProof, AThousandConversationsOnOneThread) {
  int port = 0;
  const int listener = ListenOnLoopback(&port);
  const pid_t child = fork();
  if (child == 0) Serve(listener);
  close(listener);
  std::atomic<int> done{0};
  {
    OneThread thread;
    thread.Converse(kConversations, [&](int i) {
      modbus_t* client = modbus_new_tcp("127.0.0.1", port);
      modbus_set_response_timeout(client, 300, 0);
      ASSERT_EQ(modbus_connect(client), 0) << modbus_strerror(errno);
      uint16_t registers[4] = {};
      ASSERT_EQ(modbus_read_registers(client, 0, 4, registers), 4) << modbus_strerror(errno);
      ASSERT_EQ(modbus_write_register(client, 1, static_cast<uint16_t>(i)), 1);
      ASSERT_EQ(modbus_read_registers(client, 0, 4, registers), 4);
      EXPECT_EQ(registers[1], i);
      modbus_close(client);
      modbus_free(client);
      ++done;
    });
  }
  EXPECT_EQ(done, kConversations);
  if (done != kConversations) kill(child, SIGKILL);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
