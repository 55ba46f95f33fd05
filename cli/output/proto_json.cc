#include "cli/output/proto_json.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"

namespace understudy::cli {
namespace {

// Members sorted by name, so that the order of a protobuf map never shows.
using Json = nlohmann::json;

void HexadecimalHash(Json& value) {
  std::string bytes;
  if (!absl::Base64Unescape(value.get<std::string>(), &bytes)) return;
  value = absl::BytesToHexString(bytes);
}

// As deep as our messages nest, which is a few levels.
void HexadecimalHashes(Json& value) {
  if (value.is_array()) {
    for (Json& element : value) HexadecimalHashes(element);
  }
  if (!value.is_object()) return;
  for (auto& [key, member] : value.items()) {
    if (absl::EndsWith(key, "sha256") && member.is_string()) {
      HexadecimalHash(member);
    } else {
      HexadecimalHashes(member);
    }
  }
}

Json ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  // Fails only for malformed well-known types, which our services do not send.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) return Json();
  Json value = Json::parse(text, nullptr, false);
  HexadecimalHashes(value);
  return value;
}

}  // namespace

std::string ProtoJson(const google::protobuf::Message& message) {
  return ToJson(message).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string ProtoJsonLine(const google::protobuf::Message& message) {
  return ToJson(message).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace understudy::cli
