#ifndef UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CALLS_H_
#define UNDERSTUDY_SERVICES_CONFIG_VAULT_VAULT_CALLS_H_

#include <memory>
#include <optional>
#include <utility>

#include "common/rpc/unary.h"
#include "common/status/status.h"
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

// The age of the data goes into the answer to a stale read.
template <typename Response>
void SetDataAge(std::optional<absl::Duration> data_age, absl::StatusOr<Response>& response) {
  if (response.ok() && data_age.has_value()) fields::SetDataAge(*data_age, *response);
}

// Reads on the pool, with the vault as it is then.
template <typename Response, typename Read>
void ReadOnPool(const VaultContext& vault, Operation operation, rpc::UnaryReply<Response> reply,
                std::optional<absl::Duration> data_age, Read read) {
  vault.pool.Post(
      [&vault, operation, data_age, read = std::move(read), reply = std::move(reply)]() mutable {
        if (reply.IsCancelled()) return reply.Fail(absl::CancelledError("the caller went away"));
        absl::StatusOr<Response> response = read(*vault.store.Snapshot());
        SetDataAge(data_age, response);
        Answer<Response>(vault.metrics, operation, reply, std::move(response));
      });
}

enum class ReadCost {
  // Looks at many records, or makes something of them.
  kAny,
  // Looks at few, and passes them on as they are.
  kLow,
};

// Reads at once, with the vault as it is now. What costs little is read on this thread, gRPC's,
// unless the disk must be waited for.
template <typename Response, typename Read>
void ReadNow(const VaultContext& vault, Operation operation, ReadCost cost,
             rpc::UnaryReply<Response> reply, std::optional<absl::Duration> data_age, Read read) {
  const auto reader = cost == ReadCost::kLow ? vault.store.SnapshotInMemory() : nullptr;
  if (reader != nullptr) {
    absl::StatusOr<Response> response = read(*reader);
    SetDataAge(data_age, response);
    const bool is_known = response.ok() || ErrorReason(response.status()) != "NOT_IN_MEMORY";
    if (is_known) {
      return Answer<Response>(vault.metrics, operation, reply, std::move(response));
    }
  }
  ReadOnPool(vault, operation, std::move(reply), data_age, std::move(read));
}

// A read: `read` is called when the vault is as current as the request asks, on the pool or, at
// once, on this thread.
//   absl::StatusOr<Response> read(const VaultReader&)
template <typename Request, typename Response, typename Read>
grpc::ServerUnaryReactor* AnswerRead(const VaultContext& vault, Operation operation,
                                     const Request& request, rpc::UnaryReply<Response> reply,
                                     Read read, ReadCost cost = ReadCost::kAny) {
  grpc::ServerUnaryReactor* const reactor = reply.reactor();
  if (const absl::Status admitted = vault.pool.Admit(0); !admitted.ok()) {
    Answer<Response>(vault.metrics, operation, reply, admitted);
    return reactor;
  }
  if (request.consistency() == type::v1::CONSISTENCY_STALE) {
    ReadNow(vault, operation, cost, std::move(reply), vault.reads.DataAge(), std::move(read));
    return reactor;
  }
  if (vault.reads.IsCurrent(1)) {
    ReadNow(vault, operation, cost, std::move(reply), std::nullopt, std::move(read));
    return reactor;
  }
  vault.reads.WhenCurrent(1, [&vault, operation, read = std::move(read),
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
