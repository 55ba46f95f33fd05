#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_TESTING_FAKE_BOARD_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_TESTING_FAKE_BOARD_H_

#include <cstdint>
#include <functional>
#include <string>

#include "services/checkpoint_store/device/checkpoint_client.h"

namespace understudy::checkpoint_store {

// The hardware under a device's client: a connection to a function that answers whole requests,
// memory that survives, and a plug that can be pulled before any of its steps.
class FakeBoard {
 public:
  using Server = std::function<std::string(std::string_view request)>;

  explicit FakeBoard(Server server) : server_(std::move(server)) {}

  checkpoint_port port();
  // What survives: in use, and as it was saved last.
  checkpoint_retained retained = {};
  checkpoint_retained saved = {};

  // How many bytes a send or a receive moves at most.
  size_t piece = 1 << 20;
  // The plug is pulled before step `dies_at` (counted from 1; 0: never) and stays so until Reboot.
  int dies_at = 0;
  int steps = 0;
  // Of the next answers, that are lost; the request arrives.
  int lose_answers = 0;
  bool save_fails = false;
  int connections = 0;
  int draws = 0;
  // The first of them that are drawn all the same.
  int equal_draws = 0;

  // Power comes back: whatever was not saved is gone.
  void Reboot();
  // The server closes an idle connection.
  void CloseIdle() { server_closed_ = true; }

 private:
  bool Step();
  bool Connect();
  int32_t Send(const uint8_t* bytes, size_t size);
  int32_t Receive(uint8_t* bytes, size_t size);
  bool Random(uint8_t* bytes, size_t size);
  bool Save(const checkpoint_retained* now);

  Server server_;
  bool dead_ = false;
  bool server_closed_ = false;
  std::string to_server_;
  std::string to_device_;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_DEVICE_TESTING_FAKE_BOARD_H_
