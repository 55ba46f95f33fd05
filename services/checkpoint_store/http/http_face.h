#ifndef UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_FACE_H_
#define UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_FACE_H_

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "services/checkpoint_store/command.h"

// The devices' protocol (doc/protocol.md) without sockets: what a request means, and what an
// outcome looks like. Pure; the HTTP library has split the message before, and puts it together
// afterwards.
namespace understudy::checkpoint_store {

// The request headers that mean something here.
enum class HttpHeader {
  kAuthorization,
  kBaseGeneration,
  kBattery,
  kClaim,
  kContentHash,
  kContentType,
  kDeviceId,
  kIfGeneration,
  kNextWake,
  kCount,
};

struct HttpRequest {
  std::string method = {};
  // Path and query as they were sent.
  std::string target = {};
  std::array<std::optional<std::string>, static_cast<size_t>(HttpHeader::kCount)> headers = {};
  // A header that means something came twice.
  bool has_repeated_header = false;
  std::string body = {};
  // Address of who asks.
  std::string source = {};

  // Notes a header, if it means anything; names are compared without regard to case.
  void AddHeader(std::string_view name, std::string_view value);
  const std::optional<std::string>& header(HttpHeader which) const {
    return headers[static_cast<size_t>(which)];
  }
};

struct HttpAnswer {
  int status = 200;
  std::vector<std::pair<std::string_view, std::string>> headers = {};
  std::string content_type = {};
  std::string body = {};
};

// HEAD.
struct Probe {
  Identifier identifier = {};
};

using DeviceRequest = std::variant<Probe, Fetch, Store, Enrol>;

// What the request asks for. An Enrol has no operator_name yet. Errors are those of doc/protocol.md
// under 400, 405 and 422: INVALID_ARGUMENT, and UNIMPLEMENTED METHOD_NOT_ALLOWED.
absl::StatusOr<DeviceRequest> DecodeRequest(HttpRequest request, absl::Time time);

// The token of `Authorization: Bearer TOKEN`; empty when there is none.
std::string_view BearerToken(const HttpRequest& request);

HttpAnswer AnswerProbe(bool taken);
HttpAnswer AnswerEnrol(const EnrolOutcome& outcome);
HttpAnswer AnswerFetch(const FetchOutcome& outcome, std::string content);
HttpAnswer AnswerStore(const StoreOutcome& outcome);
// `error` is not OK. Reasons that the protocol does not know are answered with 500.
HttpAnswer AnswerError(const absl::Status& error);

}  // namespace understudy::checkpoint_store

#endif  // UNDERSTUDY_SERVICES_CHECKPOINT_STORE_HTTP_HTTP_FACE_H_
