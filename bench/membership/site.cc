#include "bench/membership/site.h"

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/config/config_reader.h"
#include "common/log/log.h"
#include "common/rpc/channel.h"
#include "common/rpc/client_call.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "services/membership/config.h"
#include "services/membership/testing/fake_station_registry.h"

namespace understudy::bench {
namespace {

namespace v1 = membership::v1;
using Async = class v1::Membership::Stub::async;

constexpr int kJoinsAtOnce = 256;
constexpr absl::Duration kTimeout = absl::Seconds(30);

// Sessions as they are granted, and how many joins are under way.
class Joiners {
 public:
  explicit Joiners(Async& stub) : stub_(stub) {}

  void Start(size_t index) {
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](int* running) { return *running < kJoinsAtOnce; }, &running_));
      ++running_;
    }
    v1::JoinRequest request;
    request.set_station_id(absl::StrCat("station-", index));
    request.set_kind(type::v1::STATION_KIND_BACKUP);
    rpc::CallUnary(stub_, &Async::Join, std::move(request), kTimeout,
                   [this](absl::StatusOr<v1::JoinResponse> response) { Note(response); });
  }
  absl::StatusOr<std::vector<Station>> Finish() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](int* running) { return *running == 0; }, &running_));
    if (!status_.ok()) return status_;
    return std::move(stations_);
  }

 private:
  void Note(const absl::StatusOr<v1::JoinResponse>& response) {
    absl::MutexLock lock(&mutex_);
    --running_;
    if (!response.ok()) {
      status_ = response.status();
      return;
    }
    stations_.push_back({.session_id = response->session_id(),
                         .key = *beat::SessionKey::FromBytes(response->session_key()),
                         .sequence = 0});
  }

  Async& stub_;
  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  std::vector<Station> stations_ ABSL_GUARDED_BY(mutex_);
};

std::string ConfigText(size_t stations, absl::Duration interval) {
  // Joining takes its time, and is not what is measured: the first deadline is long.
  return absl::StrCat("listen: 127.0.0.1:0\nbeat_listen: 127.0.0.1:0\ninsecure: true\n",
                      "vault: 127.0.0.1:1\nlog: {level: warn}\nfirst_deadline: 10m\n",
                      "max_stations: ", stations,
                      "\nbeat_interval: ", absl::ToInt64Milliseconds(interval), "ms\n");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Site>> Site::Start(size_t stations, absl::Duration interval) {
  config::ConfigReader reader =
      config::ConfigReader::FromText(ConfigText(stations, interval), "beat_load");
  const membership::Config config = membership::ReadConfig(reader);
  UNDERSTUDY_RETURN_IF_ERROR(reader.Finish());
  log::Init(config.service.log);
  std::unique_ptr<Site> site(new Site);
  UNDERSTUDY_ASSIGN_OR_RETURN(
      site->server_,
      membership::Server::StartWith(config, std::make_unique<membership::FakeStationRegistry>()));
  site->stub_ = v1::Membership::NewStub(
      rpc::MakeInsecureChannel(absl::StrCat("127.0.0.1:", site->server_->ports().at("grpc"))));
  while (!site->Count(v1::Member::STATE_ALIVE).ok()) absl::SleepFor(absl::Milliseconds(10));
  return site;
}

absl::StatusOr<std::vector<Station>> Site::Join(size_t count) {
  Joiners joiners(*stub_->async());
  for (size_t i = 0; i < count; ++i) joiners.Start(i);
  return joiners.Finish();
}

absl::StatusOr<size_t> Site::Count(v1::Member::State state) {
  size_t count = 0;
  v1::ListRequest request;
  do {
    UNDERSTUDY_ASSIGN_OR_RETURN(
        const v1::ListResponse response,
        (rpc::CallUnaryAndWait(*stub_->async(), &Async::List, request, kTimeout)));
    for (const v1::Member& member : response.members()) count += member.state() == state ? 1 : 0;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return count;
}

}  // namespace understudy::bench
