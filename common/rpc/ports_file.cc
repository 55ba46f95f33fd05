#include "common/rpc/ports_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace understudy::rpc {

absl::Status WritePortsFile(const std::string& path, const Ports& ports) {
  const std::string text =
      absl::StrCat("{",
                   absl::StrJoin(ports, ",",
                                 [](std::string* out, const auto& port) {
                                   absl::StrAppend(out, "\"", port.first, "\":", port.second);
                                 }),
                   "}\n");
  const std::string part = path + ".part";
  std::ofstream file(part, std::ios::trunc);
  file << text;
  file.close();
  if (file.fail() || std::rename(part.c_str(), path.c_str()) != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot write ports_file ", path, ": ", std::strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace understudy::rpc
