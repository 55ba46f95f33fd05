// Loads a running config-vault and prints throughput and latency:
//
//   vault_load --target=127.0.0.1:7102 --operation=put --clients=1,16,128 --seconds=5
//
// Each client has one call under way at a time. Operations: put (documents of 19 KB, zstd-packed,
// each with new content), get (the latest of them), get-stale (without asking for the latest), read
// and read-stale (the same on a stream that 16 clients share, as they share a connection), claim
// (moves of a duty, one for each client).
//
// And, to compare, the same documents on etcd itself: etcd-put and etcd-get as they are,
// etcd-put-packed as the vault's clients pack them. --target takes several endpoints for these, one
// for each connection in turn.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/document/compression.h"
#include "common/random/random.h"
#include "common/rpc/channel.h"
#include "common/vault/document_reader.h"
#include "etcd/v3/rpc.grpc.pb.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

ABSL_FLAG(std::string, target, "127.0.0.1:7102", "The vault's host:port.");
ABSL_FLAG(std::string, certificate, "",
          "For TLS, with --private_key and --authorities: PEM files.");
ABSL_FLAG(std::string, private_key, "", "The certificate's key.");
ABSL_FLAG(std::string, authorities, "", "Who may have signed the server's certificate.");
ABSL_FLAG(std::string, operation, "put",
          "put, get, get-stale, read, read-stale, claim, etcd-put, etcd-put-packed or etcd-get.");
ABSL_FLAG(std::string, clients, "1,16,128", "Numbers of clients, one run for each.");
ABSL_FLAG(int, seconds, 5, "Length of each run.");
ABSL_FLAG(int, bytes, 19'000, "Size of a document.");

namespace understudy::bench {
namespace {

namespace v1 = ::understudy::config_vault::v1;

// A station's configuration of about `bytes` bytes: cameras with addresses and thresholds.
std::string MakeDocument(size_t bytes, uint64_t serial, Random& random) {
  std::string text = absl::StrCat("{\"serial\":", serial, ",\"cameras\":[");
  for (int i = 0; text.size() + 200 < bytes; ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ",", "{\"id\":\"cam-", i, "\",\"rtsp\":\"rtsp://10.",
                    random.Below(256), ".", random.Below(256), ".", random.Below(256),
                    ":554/stream", random.Below(4),
                    "\",\"algorithms\":[{\"id\":\"helmet\",\"threshold\":0.", random.Below(1000),
                    "}],\"recording\":true}");
  }
  return text + "]}";
}

// What a client's calls look like.
class Client {
 public:
  using Done = std::function<void(bool ok)>;
  virtual ~Client() = default;
  virtual void Call(Done done) = 0;
};

class PutClient final : public Client {
 public:
  PutClient(const std::shared_ptr<grpc::Channel>& channel, int number)
      : stub_(v1::Documents::NewStub(channel)), random_(static_cast<uint64_t>(number)) {
    request_.set_name(absl::StrCat("load/", number));
    request_.set_encoding(v1::ENCODING_ZSTD);
    request_.set_author("bench/load");
    serial_ = static_cast<uint64_t>(absl::GetCurrentTimeNanos());
  }
  void Call(Done done) override {
    const auto bytes = static_cast<size_t>(absl::GetFlag(FLAGS_bytes));
    request_.set_content(*Pack(MakeDocument(bytes, ++serial_, random_)));
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->Put(context_.get(), &request_, &response_,
                        [done](const grpc::Status& status) { done(status.ok()); });
  }

 private:
  std::unique_ptr<v1::Documents::Stub> stub_;
  Random random_;
  uint64_t serial_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::PutRequest request_;
  v1::PutResponse response_;
};

class GetClient final : public Client {
 public:
  GetClient(const std::shared_ptr<grpc::Channel>& channel, int number, bool stale)
      : stub_(v1::Documents::NewStub(channel)) {
    request_.set_name(absl::StrCat("load/", number));
    request_.set_encoding(v1::ENCODING_ZSTD);
    if (stale) request_.set_consistency(type::v1::CONSISTENCY_STALE);
  }
  void Call(Done done) override {
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->Get(context_.get(), &request_, &response_,
                        [done](const grpc::Status& status) { done(status.ok()); });
  }

 private:
  std::unique_ptr<v1::Documents::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::GetRequest request_;
  v1::GetResponse response_;
};

// As GetClient, by the product's own reader.
class ReadClient final : public Client {
 public:
  ReadClient(std::shared_ptr<vault::DocumentReader> reader, int number, bool stale)
      : reader_(std::move(reader)) {
    request_.set_name(absl::StrCat("load/", number));
    request_.set_encoding(v1::ENCODING_ZSTD);
    if (stale) request_.set_consistency(type::v1::CONSISTENCY_STALE);
  }
  void Call(Done done) override {
    reader_->Get(request_, [done = std::move(done)](const vault::DocumentReader::Result& result) {
      done(result.ok());
    });
  }

 private:
  const std::shared_ptr<vault::DocumentReader> reader_;
  v1::GetRequest request_;
};

// etcd called as any program would, with the same documents.
class EtcdPutClient final : public Client {
 public:
  EtcdPutClient(const std::shared_ptr<grpc::Channel>& channel, int number, bool packed)
      : stub_(etcdserverpb::KV::NewStub(channel)),
        random_(static_cast<uint64_t>(number)),
        packed_(packed) {
    put_ = request_.add_success()->mutable_request_put();
    put_->set_key(absl::StrCat("load/", number));
    serial_ = static_cast<uint64_t>(absl::GetCurrentTimeNanos());
  }
  void Call(Done done) override {
    const auto bytes = static_cast<size_t>(absl::GetFlag(FLAGS_bytes));
    std::string document = MakeDocument(bytes, ++serial_, random_);
    put_->set_value(packed_ ? *Pack(document) : document);
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->Txn(context_.get(), &request_, &response_,
                        [done](const grpc::Status& status) { done(status.ok()); });
  }

 private:
  std::unique_ptr<etcdserverpb::KV::Stub> stub_;
  Random random_;
  const bool packed_;
  uint64_t serial_;
  std::unique_ptr<grpc::ClientContext> context_;
  etcdserverpb::TxnRequest request_;
  etcdserverpb::PutRequest* put_ = nullptr;
  etcdserverpb::TxnResponse response_;
};

class EtcdGetClient final : public Client {
 public:
  EtcdGetClient(const std::shared_ptr<grpc::Channel>& channel, int number)
      : stub_(etcdserverpb::KV::NewStub(channel)) {
    request_.set_key(absl::StrCat("load/", number));
  }
  void Call(Done done) override {
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->Range(context_.get(), &request_, &response_,
                          [done](const grpc::Status& status) { done(status.ok()); });
  }

 private:
  std::unique_ptr<etcdserverpb::KV::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  etcdserverpb::RangeRequest request_;
  etcdserverpb::RangeResponse response_;
};

uint64_t ReadEpoch(const std::shared_ptr<grpc::Channel>& channel) {
  const auto stub = v1::Registry::NewStub(channel);
  grpc::ClientContext context;
  const auto stream = stub->WatchRole(&context, {});
  v1::WatchRoleResponse response;
  stream->Read(&response);
  context.TryCancel();
  (void)stream->Finish();
  return response.epoch();
}

// Its duty goes from one of its two stations to the other.
class ClaimClient final : public Client {
 public:
  ClaimClient(const std::shared_ptr<grpc::Channel>& channel, int number)
      : stub_(v1::Registry::NewStub(channel)), duty_(absl::StrCat("load-", number)) {
    request_.set_epoch(ReadEpoch(channel));
    grpc::ClientContext context;
    v1::CreateDutyRequest create;
    create.set_epoch(request_.epoch());
    create.mutable_duty()->set_id(duty_);
    v1::CreateDutyResponse created;
    (void)stub_->CreateDuty(&context, create, &created);
    number_ = FindNumber();
  }
  void Call(Done done) override {
    ++number_;
    request_.mutable_assignment()->set_duty_id(duty_);
    request_.mutable_assignment()->set_number(number_);
    request_.mutable_assignment()->set_station_id(absl::StrCat(duty_, "-", number_ % 2));
    v1::Failover& failover = *request_.mutable_failover();
    failover.set_id(absl::StrCat(duty_, "-", number_ - 1));
    failover.set_duty_id(duty_);
    failover.set_state(v1::Failover::STATE_CLAIMED);
    context_ = std::make_unique<grpc::ClientContext>();
    stub_->async()->ClaimDuty(context_.get(), &request_, &response_,
                              [done](const grpc::Status& status) { done(status.ok()); });
  }

 private:
  uint64_t FindNumber() {
    grpc::ClientContext context;
    v1::ListDutiesRequest request;
    request.set_page_size(1000);
    v1::ListDutiesResponse response;
    (void)stub_->ListDuties(&context, request, &response);
    for (const v1::Duty& duty : response.duties()) {
      if (duty.id() == duty_) return duty.assignment().number();
    }
    return 0;
  }

  std::unique_ptr<v1::Registry::Stub> stub_;
  const std::string duty_;
  uint64_t number_ = 0;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::ClaimDutyRequest request_;
  v1::ClaimDutyResponse response_;
};

std::unique_ptr<Client> MakeClient(const std::shared_ptr<grpc::Channel>& channel,
                                   const std::shared_ptr<vault::DocumentReader>& reader,
                                   int number) {
  const std::string operation = absl::GetFlag(FLAGS_operation);
  if (operation == "read") return std::make_unique<ReadClient>(reader, number, false);
  if (operation == "read-stale") return std::make_unique<ReadClient>(reader, number, true);
  if (operation == "get") return std::make_unique<GetClient>(channel, number, false);
  if (operation == "get-stale") return std::make_unique<GetClient>(channel, number, true);
  if (operation == "etcd-put") return std::make_unique<EtcdPutClient>(channel, number, false);
  if (operation == "etcd-put-packed") return std::make_unique<EtcdPutClient>(channel, number, true);
  if (operation == "etcd-get") return std::make_unique<EtcdGetClient>(channel, number);
  if (operation == "claim") return std::make_unique<ClaimClient>(channel, number);
  return std::make_unique<PutClient>(channel, number);
}

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  std::optional<rpc::TlsFiles> tls;
  if (!absl::GetFlag(FLAGS_certificate).empty()) {
    tls = {.certificate = absl::GetFlag(FLAGS_certificate),
           .private_key = absl::GetFlag(FLAGS_private_key),
           .authorities = absl::GetFlag(FLAGS_authorities)};
  }
  auto channel = rpc::MakeChannel(target, tls);
  if (channel.ok()) return *std::move(channel);
  std::fprintf(stderr, "vault_load: %s\n", channel.status().ToString().c_str());
  std::exit(1);
}

// One run with a number of clients.
class Run {
 public:
  Run(int clients, absl::Duration length) : length_(length), over_(clients) {
    const std::vector<std::string> targets = absl::StrSplit(absl::GetFlag(FLAGS_target), ',');
    for (int i = 0; i < clients; ++i) {
      // Several connections, as several machines would have.
      const auto connection = static_cast<size_t>(i / 16);
      if (i % 16 == 0) {
        channel_ = Connect(targets[connection % targets.size()]);
        reader_ = vault::DocumentReader::Make(v1::Documents::NewStub(channel_));
      }
      clients_.push_back(MakeClient(channel_, reader_, i));
    }
  }

  void Go() {
    start_ = absl::Now();
    for (const auto& client : clients_) Next(*client);
    over_.Wait();
    Print();
  }

 private:
  void Next(Client& client) {
    const absl::Time start = absl::Now();
    if (start - start_ >= length_) {
      over_.DecrementCount();
      return;
    }
    client.Call([this, &client, start](bool ok) {
      {
        absl::MutexLock lock(&mutex_);
        took_.push_back(absl::ToDoubleMicroseconds(absl::Now() - start));
        if (!ok) ++failed_;
      }
      Next(client);
    });
  }

  double Percentile(double share) const {
    return took_[std::min(took_.size() - 1, static_cast<size_t>(share * took_.size()))];
  }

  void Print() {
    absl::MutexLock lock(&mutex_);
    if (took_.empty()) return;
    std::sort(took_.begin(), took_.end());
    std::printf(
        "%-5s %4zu clients: %8.0f/s  p50 %7.0f us  p90 %7.0f us  p99 %7.0f us  max %7.0f us"
        "  %zu failed\n",
        absl::GetFlag(FLAGS_operation).c_str(), clients_.size(),
        static_cast<double>(took_.size()) / absl::ToDoubleSeconds(length_), Percentile(0.5),
        Percentile(0.9), Percentile(0.99), took_.back(), failed_);
    std::fflush(stdout);
  }

  const absl::Duration length_;
  absl::BlockingCounter over_;
  std::shared_ptr<grpc::Channel> channel_;
  std::shared_ptr<vault::DocumentReader> reader_;
  std::vector<std::unique_ptr<Client>> clients_;
  absl::Time start_;
  absl::Mutex mutex_;
  std::vector<double> took_ ABSL_GUARDED_BY(mutex_);
  size_t failed_ ABSL_GUARDED_BY(mutex_) = 0;
};

int Main() {
  const std::vector<std::string> runs = absl::StrSplit(absl::GetFlag(FLAGS_clients), ',');
  for (const std::string& text : runs) {
    int clients = 0;
    if (!absl::SimpleAtoi(text, &clients) || clients < 1 || clients > 10'000) {
      std::fprintf(stderr, "--clients: expected numbers of 1 to 10000, found \"%s\"\n",
                   text.c_str());
      return 2;
    }
    Run(clients, absl::Seconds(absl::GetFlag(FLAGS_seconds))).Go();
  }
  return 0;
}

}  // namespace
}  // namespace understudy::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  return understudy::bench::Main();
}
