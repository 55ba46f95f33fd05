// Whatever bytes through the HTTP library's parser and everything behind it, as a session does it:
// handler, guard, engine, rules, a store in memory. Never crashes, answers every request that the
// parser took, refuses only as the protocol says, and gives no device's memory to whoever does not
// have its identifier.
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/document/sha256.h"
#include "services/checkpoint_store/http/beast_request.h"
#include "services/checkpoint_store/http/device_handler.h"
#include "services/checkpoint_store/testing/calls_harness.h"

namespace understudy::checkpoint_store {
namespace {

namespace http = boost::beast::http;

constexpr char kKnown[] = "00112233445566778899aabbccddeeff";
constexpr char kSecret[] = "memory of a device whose identifier no input knows";
constexpr size_t kMaxBodyBytes = 64 << 10;

HttpAnswer Ask(DeviceHandler& handler, HttpRequest request) {
  HttpAnswer answer;
  absl::Notification answered;
  handler.Handle(std::move(request), {}, [&](HttpAnswer given) {
    answer = std::move(given);
    answered.Notify();
  });
  answered.WaitForNotification();
  return answer;
}

void Check(const HttpAnswer& answer) {
  const bool refused = answer.status >= 400;
  if (answer.status == 500 || (refused && answer.body.size() > 512)) std::abort();
  if (answer.body.find(kSecret) != std::string::npos) std::abort();
}

// Takes one request off `text`; false when the rest is none.
bool Serve(std::string_view& text, DeviceHandler& handler) {
  http::request_parser<http::string_body> parser;
  parser.eager(true);
  parser.header_limit(8 << 10);
  parser.body_limit(kMaxBodyBytes);
  boost::system::error_code error;
  const size_t taken = parser.put(boost::asio::buffer(text.data(), text.size()), error);
  if (error || !parser.is_done()) return false;
  text.remove_prefix(taken);
  Check(Ask(handler, TakeRequest(parser.get(), "192.0.2.1")));
  return taken > 0;
}

// With patience for guessers: else all that follows would be refused.
std::unique_ptr<CallsHarness> MakeHarness() {
  auto harness = std::make_unique<CallsHarness>(
      GuessPolicy{.source_budget = 1'000'000, .total_budget = 1e9});
  (void)harness->Enrol(*Identifier::FromHex(kKnown), "meter-1", "factory content");
  (void)harness->Enrol(MakeIdentifier("unknown to the input"), "meter-2", kSecret);
  return harness;
}

void Run(std::string_view text) {
  // A new one now and then: each has a thread, which takes its time to begin.
  constexpr int kInputsEach = 16;
  static int inputs = 0;
  static std::unique_ptr<CallsHarness> harness;
  if (inputs++ % kInputsEach == 0) harness = MakeHarness();
  const OperatorDirectory operators({}, {{"anna", Sha256Of("token")}});
  DeviceHandler handler(harness->calls(), operators, harness->clock(), false);
  while (Serve(text, handler)) {
  }
}

}  // namespace
}  // namespace understudy::checkpoint_store

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  understudy::checkpoint_store::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
