#ifndef UNDERSTUDY_CLI_OUTPUT_PROTO_JSON_H_
#define UNDERSTUDY_CLI_OUTPUT_PROTO_JSON_H_

#include <string>

namespace google::protobuf {
class Message;
}

namespace understudy::cli {

// A message as the protobuf JSON mapping has it, with the names of the .proto files, defaults
// included, members sorted, and every `...sha256` in hexadecimal. Stable: programs may rely on it.
std::string ProtoJson(const google::protobuf::Message& message);

// The same in one line, for streams.
std::string ProtoJsonLine(const google::protobuf::Message& message);

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_OUTPUT_PROTO_JSON_H_
