#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_COMMAND_WRITES_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_COMMAND_WRITES_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/checkpoint_store/checkpoint_batch.h"
#include "services/checkpoint_store/checkpoint_policy.h"
#include "services/checkpoint_store/checkpoint_view.h"

namespace understudy::checkpoint_store {

// What one command changes, gathered by its rule.
struct CommandWrites {
  std::vector<Mutation> mutations = {};
  std::vector<Event> events = {};
  Counters counters = {};

  void Write(Device device) {
    mutations.push_back(WriteDevice{std::make_shared<const Device>(std::move(device))});
  }
  void WriteContentOf(DeviceNumber device, ContentSlot slot, std::string content) {
    mutations.push_back(
        WriteContent{device, slot, std::make_shared<const std::string>(std::move(content))});
  }
  void EraseContentOf(DeviceNumber device, ContentSlot slot) {
    mutations.push_back(EraseContent{device, slot});
  }
};

// What the rules decide by.
struct RuleContext {
  const CheckpointPolicy& policy;
  const CheckpointView& view;
  IdentifierSource& source;
};

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_COMMAND_WRITES_H_
