#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_COMMAND_WRITES_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_COMMAND_WRITES_H_

#include <utility>
#include <vector>

#include "services/config_vault/vault_batch.h"

namespace understudy::config_vault {

// The record writes of one command, made while it is decided and kept only if it is accepted.
struct CommandWrites {
  std::vector<Mutation> mutations;
  // Begins as the state's, ends as the state's after the command.
  Counters counters;

  template <typename Record>
  void Add(Record record) {
    mutations.emplace_back(std::move(record));
  }
};

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_COMMAND_WRITES_H_
