#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_BATCH_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_BATCH_H_

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "services/checkpoint_store/records.h"

// What accepted commands change, record by record: the state machine makes it, stores write it, all
// of it or nothing. Record writes are final: no store decides anything.
namespace understudy::checkpoint_store {

// A device as it is from now on.
struct WriteDevice {
  std::shared_ptr<const Device> device = {};
};
struct EraseDevice {
  DeviceNumber number = 0;
};
struct WriteContent {
  DeviceNumber device = 0;
  ContentSlot slot = 0;
  std::shared_ptr<const std::string> content = {};
};
struct EraseContent {
  DeviceNumber device = 0;
  ContentSlot slot = 0;
};

using Mutation = std::variant<WriteDevice, EraseDevice, WriteContent, EraseContent>;

struct CheckpointBatch {
  std::vector<Mutation> mutations = {};
  // As they are after the batch.
  Counters counters = {};
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_CHECKPOINT_BATCH_H_
