#include "services/membership/vault_station_registry.h"

#include <grpcpp/channel.h>

#include <type_traits>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/client_call.h"
#include "common/rpc/client_reader.h"
#include "common/status/status.h"
#include "services/membership/record_codec.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

namespace understudy::membership {
namespace {

namespace vault = config_vault::v1;
using Async = class vault::Registry::Stub::async;

constexpr absl::Duration kTimeout = absl::Seconds(2);
constexpr uint32_t kPageSize = 1000;

// Calls under way, so that Stop can cancel them and wait for their callbacks.
class Calls {
 public:
  using Cancel = absl::AnyInvocable<void()>;

  // False when stopped: the call must not be made.
  bool Begin() {
    absl::MutexLock lock(&mutex_);
    if (stopped_) return false;
    ++running_;
    return true;
  }
  void End() {
    absl::MutexLock lock(&mutex_);
    --running_;
  }
  // For calls that last; one at a time.
  void SetCancel(Cancel cancel) {
    {
      absl::MutexLock lock(&mutex_);
      if (!stopped_) {
        cancel_ = std::move(cancel);
        return;
      }
    }
    cancel();
  }
  // Short calls run into their timeout by themselves.
  void Stop() {
    Cancel cancel;
    {
      absl::MutexLock lock(&mutex_);
      stopped_ = true;
      cancel = std::move(cancel_);
    }
    if (cancel) cancel();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* running) { return *running == 0; }, &running_));
  }

 private:
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  Cancel cancel_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Stopped() { return absl::CancelledError("membership is stopping"); }

Role DecodeRole(vault::Role role) {
  switch (role) {
    case vault::ROLE_ROOT:
      return Role::kRoot;
    case vault::ROLE_SENTINEL:
      return Role::kSentinel;
    default:
      return Role::kUnknown;
  }
}

RoleChange DecodeRoleChange(const vault::WatchRoleResponse& message) {
  const type::v1::ControlNodeAddresses& addresses = message.root_addresses();
  RoleChange change{.role = DecodeRole(message.role()),
                    .epoch = message.epoch(),
                    .root = {.epoch = message.epoch(),
                             .node_id = message.root(),
                             .addresses = {.vault = addresses.vault(),
                                           .membership = addresses.membership(),
                                           .orchestrator = addresses.orchestrator()}}};
  if (message.has_act_alone_for()) {
    change.act_alone_for = absl::Seconds(message.act_alone_for().seconds()) +
                           absl::Nanoseconds(message.act_alone_for().nanos());
  }
  return change;
}

absl::Status DecodeInto(const vault::ListStationsResponse& response,
                        std::vector<StationRecord>& records) {
  for (const vault::StationRecord& message : response.stations()) {
    UNDERSTUDY_ASSIGN_OR_RETURN(StationRecord record, DecodeRecord(message));
    records.push_back(std::move(record));
  }
  return absl::OkStatus();
}

class VaultStationRegistry final : public StationRegistry {
 public:
  explicit VaultStationRegistry(std::shared_ptr<grpc::Channel> channel)
      : stub_(vault::Registry::NewStub(std::move(channel))) {}
  ~VaultStationRegistry() override { Stop(); }

  void Put(const StationRecord& record, uint64_t epoch, DoneCallback done) override {
    vault::PutStationRequest request;
    *request.mutable_station() = EncodeRecord(record);
    request.set_epoch(epoch);
    Call(&Async::PutStation, std::move(request),
         [done = std::move(done)](absl::StatusOr<vault::PutStationResponse> response) mutable {
           done(response.status());
         });
  }

  void Remove(const std::string& station_id, uint64_t epoch, DoneCallback done) override {
    vault::RemoveStationRequest request;
    request.set_station_id(station_id);
    request.set_epoch(epoch);
    Call(&Async::RemoveStation, std::move(request),
         [done = std::move(done)](absl::StatusOr<vault::RemoveStationResponse> response) mutable {
           done(response.status());
         });
  }

  void List(ListCallback done) override { ListAfter({}, "", std::move(done)); }

  void WatchRole(RoleCallback on_change, DoneCallback ended) override {
    if (!calls_.Begin()) return ended(Stopped());
    vault::WatchRoleRequest request;
    request.set_service("membership");
    const auto reader = rpc::ClientReader<vault::WatchRoleResponse>::Start(
        *stub_->async(), &Async::WatchRole, request,
        {.on_message =
             [on_change = std::move(on_change)](const vault::WatchRoleResponse& message) mutable {
               on_change(DecodeRoleChange(message));
             },
         .on_done =
             [this, ended = std::move(ended)](const absl::Status& status) mutable {
               ended(status);
               calls_.End();
             }});
    calls_.SetCancel([reader] { reader->Cancel(); });
  }

  void Stop() override { calls_.Stop(); }

 private:
  // `records` come from the pages before.
  void ListAfter(std::vector<StationRecord> records, const std::string& page_token,
                 ListCallback done) {
    vault::ListStationsRequest request;
    request.set_page_size(kPageSize);
    request.set_page_token(page_token);
    Call(&Async::ListStations, std::move(request),
         [this, records = std::move(records),
          done = std::move(done)](absl::StatusOr<vault::ListStationsResponse> response) mutable {
           if (!response.ok()) return done(response.status());
           const absl::Status decoded = DecodeInto(*response, records);
           if (!decoded.ok()) return done(decoded);
           if (response->next_page_token().empty()) return done(std::move(records));
           ListAfter(std::move(records), response->next_page_token(), std::move(done));
         });
  }

  template <typename Request, typename Response>
  void Call(rpc::UnaryMethod<Async, Request, Response> method, Request request,
            std::type_identity_t<absl::AnyInvocable<void(absl::StatusOr<Response>)>> done) {
    if (!calls_.Begin()) return done(Stopped());
    rpc::CallUnary(*stub_->async(), method, std::move(request), kTimeout,
                   [this, done = std::move(done)](absl::StatusOr<Response> response) mutable {
                     done(std::move(response));
                     calls_.End();
                   });
  }

  const std::unique_ptr<vault::Registry::Stub> stub_;
  Calls calls_;
};

}  // namespace

std::unique_ptr<StationRegistry> MakeVaultStationRegistry(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<VaultStationRegistry>(std::move(channel));
}

}  // namespace understudy::membership
