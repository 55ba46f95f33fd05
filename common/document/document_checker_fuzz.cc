// Never crashes; what is refused has a reason and a place within the content; what is accepted, the
// library's own parser accepts too; what the scan calls good, the reader does.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/document/document_checker.h"
#include "common/document/json_reader.h"
#include "common/status/status.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view content(reinterpret_cast<const char*>(data), size);
  const absl::Status status = understudy::CheckDocument(understudy::kJsonContentType, content);
  if (status.ok()) {
    if (!nlohmann::json::accept(content)) std::abort();
    if (!understudy::ReadJson(content, understudy::kMaxJsonDepth).ok()) std::abort();
    return 0;
  }
  if (understudy::ErrorReason(status) != "INVALID_JSON") std::abort();
  const auto metadata = understudy::ErrorMetadata(status);
  const size_t line = std::stoul(metadata.at("line"));
  const size_t column = std::stoul(metadata.at("column"));
  if (line < 1 || column < 1 || line > size + 1 || column > size + 1) std::abort();
  return 0;
}
