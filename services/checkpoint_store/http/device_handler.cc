#include "services/checkpoint_store/http/device_handler.h"

#include <utility>
#include <variant>

#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

using Operation = StoreMetrics::Operation;
using Respond = HttpHandler::Respond;

Operation OperationOf(const std::string& method) {
  if (method == "HEAD") return Operation::kProbe;
  if (method == "PUT") return Operation::kEnrol;
  return method == "POST" ? Operation::kStore : Operation::kFetch;
}

absl::Status NotAuthenticated() {
  return MakeError(absl::StatusCode::kPermissionDenied, "NOT_AUTHENTICATED",
                   "only an operator may enrol a device: a client certificate with that role, or "
                   "a known bearer token");
}

// Answers with what `encode` makes of a value, or with the error.
template <typename Value, typename Encode>
CheckpointCalls::Done<Value> Answering(Respond respond, Encode encode) {
  return [respond = std::move(respond), encode](absl::StatusOr<Value> value) mutable {
    respond(value.ok() ? encode(*std::move(value)) : AnswerError(value.status()));
  };
}

}  // namespace

struct DeviceHandler::Dispatch {
  CheckpointCalls& calls;
  const std::string& source;
  const std::optional<std::string>& operator_name;
  Respond respond;

  void operator()(const Probe& probe) {
    respond(AnswerProbe(calls.Probe(probe.identifier, source)));
  }
  void operator()(Fetch fetch) {
    calls.Fetch(std::move(fetch), Answering<FetchReply>(std::move(respond), [](FetchReply reply) {
                  return AnswerFetch(reply.outcome, std::move(reply.content));
                }));
  }
  void operator()(Store store) {
    calls.Store(std::move(store), Answering<StoreOutcome>(std::move(respond), AnswerStore));
  }
  void operator()(Enrol enrol) {
    if (!operator_name.has_value()) {
      calls.Account(source, Operation::kEnrol, NotAuthenticated());
      return respond(AnswerError(NotAuthenticated()));
    }
    enrol.operator_name = *operator_name;
    calls.Enrol(std::move(enrol), Answering<EnrolOutcome>(std::move(respond), AnswerEnrol));
  }
};

std::optional<std::string> DeviceHandler::OperatorOf(const HttpRequest& request,
                                                     const HttpPeer& peer) const {
  if (everyone_is_operator_) return "loopback";
  if (const auto name = operators_.ByCertificate(peer.certificate_name)) return name;
  const std::string_view token = BearerToken(request);
  return token.empty() ? std::nullopt : operators_.ByToken(token);
}

void DeviceHandler::Handle(HttpRequest request, const HttpPeer& peer, Respond respond) {
  const std::string source = request.source;
  const Operation operation = OperationOf(request.method);
  if (const absl::Status admitted = calls_.Admit(source); !admitted.ok()) {
    calls_.Account(source, operation, admitted);
    return respond(AnswerError(admitted));
  }
  std::optional<std::string> operator_name;
  if (operation == Operation::kEnrol) operator_name = OperatorOf(request, peer);
  absl::StatusOr<DeviceRequest> decoded = DecodeRequest(std::move(request), clock_.WallNow());
  if (!decoded.ok()) {
    calls_.Account(source, operation, decoded.status());
    return respond(AnswerError(decoded.status()));
  }
  std::visit(Dispatch{calls_, source, operator_name, std::move(respond)}, *std::move(decoded));
}

}  // namespace understudy::checkpoint_store
