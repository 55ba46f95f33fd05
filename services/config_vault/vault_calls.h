#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CALLS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CALLS_H_

#include <memory>
#include <optional>
#include <utility>

#include "common/rpc/unary.h"
#include "services/config_vault/proto_fields.h"
#include "services/config_vault/vault_context.h"
#include "understudy/type/v1/consistency.pb.h"

// The two shapes that the vault's unary calls have.
namespace understudy::config_vault {

// Counts the result of a call, then answers with it.
// `reply` is an rpc::UnaryReply<Response>, or finishes as one does.
template <typename Response, typename Reply>
void Answer(const VaultMetrics& metrics, Operation operation, Reply& reply,
            absl::StatusOr<Response> result, CallResult when_ok = CallResult::kOk) {
  if (result.ok()) {
    metrics.Count(operation, when_ok);
  } else {
    metrics.CountError(operation, result.status());
  }
  reply.Finish(std::move(result));
}

// Reads on the pool, with the vault as it is then.
template <typename Response, typename Read>
void ReadOnPool(const VaultContext& vault, Operation operation, rpc::UnaryReply<Response> reply,
                std::optional<absl::Duration> data_age, Read read) {
  vault.pool.Post(
      [&vault, operation, data_age, read = std::move(read), reply = std::move(reply)]() mutable {
        if (reply.IsCancelled()) return reply.Fail(absl::CancelledError("the caller went away"));
        absl::StatusOr<Response> response = read(*vault.store.Snapshot());
        if (response.ok() && data_age.has_value() && *data_age < absl::InfiniteDuration()) {
          fields::SetDuration(*data_age, *response->mutable_data_age());
        }
        Answer<Response>(vault.metrics, operation, reply, std::move(response));
      });
}

// A read: `read` is called on the pool when the vault is as current as the request asks.
//   absl::StatusOr<Response> read(const VaultReader&)
template <typename Request, typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerRead(const VaultContext& vault, Operation operation,
                                     const Request& request, rpc::UnaryReply<Response> reply,
                                     Read read) {
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  if (const absl::Status admitted = vault.pool.Admit(0); !admitted.ok()) {
    Answer<Response>(vault.metrics, operation, reply, admitted);
    return reactor;
  }
  if (request.consistency() == type::v1::CONSISTENCY_STALE) {
    ReadOnPool(vault, operation, std::move(reply), vault.reads.DataAge(), std::move(read));
    return reactor;
  }
  vault.reads.WhenCurrent([&vault, operation, read = std::move(read),
                           reply = std::move(reply)](const absl::Status& status) mutable {
    if (!status.ok()) return Answer<Response>(vault.metrics, operation, reply, status);
    ReadOnPool(vault, operation, std::move(reply), std::nullopt, std::move(read));
  });
  return reactor;
}

// A write: proposes the command, or answers with what is wrong with it. `encode` makes the response
// of the outcome and may set the result to count.
//   void encode(Outcome&, Response&, CallResult&)
template <typename Response, typename Reply, typename CommandType, typename Encode>
void AnswerWriteBy(const VaultContext& vault, Operation operation, Reply reply,
                   absl::StatusOr<CommandType> command, Encode encode) {
  if (!command.ok()) {
    Answer<Response>(vault.metrics, operation, reply, command.status());
    return;
  }
  vault.engine.Propose(*std::move(command),
                       [&metrics = vault.metrics, operation, encode = std::move(encode),
                        reply = std::move(reply)](absl::StatusOr<Outcome> outcome) mutable {
                         if (!outcome.ok())
                           return Answer<Response>(metrics, operation, reply, outcome.status());
                         Response response;
                         CallResult result = CallResult::kOk;
                         encode(*outcome, response, result);
                         Answer<Response>(metrics, operation, reply, std::move(response), result);
                       });
}

template <typename Response, typename CommandType, typename Encode>
void AnswerWrite(const VaultContext& vault, Operation operation, rpc::UnaryReply<Response> reply,
                 absl::StatusOr<CommandType> command, Encode encode) {
  AnswerWriteBy<Response>(vault, operation, std::move(reply), std::move(command),
                          std::move(encode));
}

}  // namespace understudy::config_vault

#endif  // UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CALLS_H_
