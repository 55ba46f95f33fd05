#ifndef UNDERSTUDY_COMMON_RPC_PORTS_FILE_H_
#define UNDERSTUDY_COMMON_RPC_PORTS_FILE_H_

#include <map>
#include <string>

#include "absl/status/status.h"

namespace understudy::rpc {

// What a process listens on: "grpc", "health", "metrics", "beats" to the port.
using Ports = std::map<std::string, int>;

// Writes {"grpc":7102,...} so that a reader sees either nothing or all of it.
absl::Status WritePortsFile(const std::string& path, const Ports& ports);

}  // namespace understudy::rpc

#endif  // UNDERSTUDY_COMMON_RPC_PORTS_FILE_H_
