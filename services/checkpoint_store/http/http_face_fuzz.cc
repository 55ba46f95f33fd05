// Decodes whatever bytes as requests of devices: never crashes, and what is accepted can be
// decided.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/status/status.h"
#include "services/checkpoint_store/http/http_face.h"
#include "services/checkpoint_store/testing/checkpoint_harness.h"
#include "services/checkpoint_store/testing/memory_checkpoint_store.h"

namespace understudy::checkpoint_store {
namespace {

// The bytes up to the next line end.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// "METHOD TARGET", headers, an empty line, the body: HTTP without its finer points.
HttpRequest MakeRequest(std::string_view text) {
  HttpRequest request;
  const std::string_view first = TakeLine(text);
  const size_t space = first.find(' ');
  request.method = std::string(first.substr(0, space));
  if (space != std::string_view::npos) request.target = std::string(first.substr(space + 1));
  for (std::string_view line = TakeLine(text); !line.empty(); line = TakeLine(text)) {
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    request.AddHeader(line.substr(0, colon), line.substr(colon + 2));
  }
  request.body = std::string(text);
  return request;
}

struct Decide {
  CheckpointHarness& harness;

  absl::Status operator()(const Probe&) { return absl::OkStatus(); }
  absl::Status operator()(const Fetch& fetch) { return harness.Get(fetch).status(); }
  template <typename Other>
  absl::Status operator()(Other command) {
    return harness.Apply(std::move(command)).status();
  }
};

void Run(std::string_view text) {
  CheckpointHarness harness(std::make_unique<MemoryCheckpointStore>());
  (void)harness.Enrolled(MakeEnrol(
      *Identifier::FromHex("00112233445566778899aabbccddeeff"), "meter-1", "factory content"));
  HttpRequest request = MakeRequest(text);
  (void)BearerToken(request);
  absl::StatusOr<DeviceRequest> decoded = DecodeRequest(std::move(request), absl::UnixEpoch());
  const absl::Status status =
      decoded.ok() ? std::visit(Decide{harness}, *std::move(decoded)) : decoded.status();
  if (status.ok()) return;
  const HttpAnswer answer = AnswerError(status);
  // Every refusal is one that the protocol names.
  if (answer.status == 500 || answer.body.size() > 512) std::abort();
}

}  // namespace
}  // namespace understudy::checkpoint_store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  understudy::checkpoint_store::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
