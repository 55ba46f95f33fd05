#include "services/config_vault/etcd/etcd_client.h"

namespace understudy::config_vault::etcd {

KeyRange KeyRange::Prefix(std::string prefix) {
  std::string end = prefix;
  while (!end.empty() && end.back() == '\xFF') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<uint8_t>(end.back()) + 1);
  return {std::move(prefix), std::move(end)};
}

}  // namespace understudy::config_vault::etcd
