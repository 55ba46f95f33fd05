// The whole service, called over gRPC.
#include "services/config_vault/server.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "common/document/compression.h"
#include "common/document/sha256.h"
#include "common/rpc/channel.h"
#include "common/rpc/client_stream.h"
#include "common/rpc/testing/inbox.h"
#include "common/status/grpc_status.h"
#include "common/status/status.h"
#include "common/status/status_proto.h"
#include "google/rpc/status.pb.h"
#include "understudy/config_vault/v1/control.grpc.pb.h"
#include "understudy/config_vault/v1/documents.grpc.pb.h"
#include "understudy/config_vault/v1/registry.grpc.pb.h"

namespace understudy::config_vault {
namespace {

// Calls `method` of `stub`; an error has its reason from the wire.
template <typename Response, typename Stub, typename Request>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

v1::PutRequest MakePut(std::string name, std::string content) {
  v1::PutRequest request;
  request.set_name(std::move(name));
  request.set_content(std::move(content));
  request.set_author("operator/test");
  return request;
}

class ServerTest : public ::testing::Test {
 protected:
  using Documents = v1::Documents::Stub;
  using Registry = v1::Registry::Stub;

  void SetUp() override {
    std::filesystem::remove_all(directory_);
    Start();
  }

  void Start() {
    Config config;
    config.service.listen = "127.0.0.1:0";
    config.data_directory = directory_;
    auto server = Server::Start(config);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    const auto channel = rpc::MakeInsecureChannel("127.0.0.1:" + std::to_string(server_->port()));
    documents_ = v1::Documents::NewStub(channel);
    registry_ = v1::Registry::NewStub(channel);
    control_ = v1::Control::NewStub(channel);
  }
  void Restart() {
    documents_.reset();
    registry_.reset();
    server_.reset();
    Start();
  }

  absl::StatusOr<v1::PutResponse> Put(const v1::PutRequest& request) {
    return Call(*documents_, &Documents::Put, request);
  }
  absl::StatusOr<v1::GetResponse> Get(const std::string& name, uint64_t revision = 0,
                                      v1::Encoding encoding = v1::ENCODING_UNSPECIFIED) {
    v1::GetRequest request;
    request.set_name(name);
    request.set_revision(revision);
    request.set_encoding(encoding);
    return Call(*documents_, &Documents::Get, request);
  }
  v1::WatchRoleResponse Role() {
    grpc::ClientContext context;
    const auto stream = registry_->WatchRole(&context, {});
    v1::WatchRoleResponse response;
    EXPECT_TRUE(stream->Read(&response));
    context.TryCancel();
    (void)stream->Finish();
    return response;
  }
  // With so many counted capabilities.
  absl::StatusOr<v1::PutStationResponse> PutStation(const std::string& id, uint64_t epoch,
                                                    int capabilities = 1) {
    v1::PutStationRequest request;
    request.set_epoch(epoch);
    request.mutable_station()->set_id(id);
    request.mutable_station()->set_kind(type::v1::STATION_KIND_BACKUP);
    auto& counts = *request.mutable_station()->mutable_capabilities()->mutable_counts();
    const std::string name(60, 'x');
    for (int i = 0; i < capabilities; ++i) counts[absl::StrCat(name, i)] = 8;
    return Call(*registry_, &Registry::PutStation, request);
  }
  absl::StatusOr<v1::CreateDutyResponse> CreateDuty(const std::string& id,
                                                    const std::string& station, uint64_t epoch) {
    v1::CreateDutyRequest request;
    request.set_epoch(epoch);
    request.mutable_duty()->set_id(id);
    request.mutable_duty()->mutable_assignment()->set_station_id(station);
    return Call(*registry_, &Registry::CreateDuty, request);
  }
  static v1::ClaimDutyRequest MakeClaim(const std::string& duty, uint64_t number,
                                        const std::string& station, uint64_t epoch) {
    v1::ClaimDutyRequest request;
    request.set_epoch(epoch);
    request.mutable_assignment()->set_duty_id(duty);
    request.mutable_assignment()->set_number(number);
    request.mutable_assignment()->set_station_id(station);
    v1::Failover& failover = *request.mutable_failover();
    failover.set_id(duty + "-" + std::to_string(number - 1));
    failover.set_duty_id(duty);
    failover.set_state(v1::Failover::STATE_CLAIMED);
    return request;
  }
  absl::StatusOr<v1::ClaimDutyResponse> Claim(const std::string& duty, uint64_t number,
                                              const std::string& station, uint64_t epoch) {
    return Call(*registry_, &Registry::ClaimDuty, MakeClaim(duty, number, station, epoch));
  }

  const std::string directory_ = std::string(std::getenv("TEST_TMPDIR")) + "/vault";
  std::unique_ptr<Server> server_;
  std::unique_ptr<Documents> documents_;
  std::unique_ptr<Registry> registry_;
  std::unique_ptr<v1::Control::Stub> control_;
};

TEST_F(ServerTest, GivesBackWhatWasPutInEitherEncoding) {
  const std::string content = R"({"cameras": []})";
  const auto put = Put(MakePut("duties/d1", content));
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->info().revision(), 1u);
  EXPECT_EQ(put->info().sha256(), Sha256ToBytes(Sha256Of(content)));
  EXPECT_EQ(Get("duties/d1")->content(), content);
  const auto packed = Get("duties/d1", 0, v1::ENCODING_ZSTD);
  EXPECT_EQ(packed->encoding(), v1::ENCODING_ZSTD);
  EXPECT_EQ(*Unpack(packed->content()), content);
}

TEST_F(ServerTest, KeepsDocumentsOverARestart) {
  ASSERT_TRUE(Put(MakePut("a", "1")).ok());
  Restart();
  EXPECT_EQ(Get("a")->content(), "1");
  EXPECT_EQ(Put(MakePut("a", "2"))->info().revision(), 2u);
}

TEST_F(ServerTest, ErrorsCarryReasonDomainAndMetadata) {
  v1::PutRequest request = MakePut("a", "1");
  request.set_expected_revision(9);
  const absl::Status status = Put(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorReason(status), "REVISION_MISMATCH");
  EXPECT_EQ(ErrorDomain(status), "config-vault.understudy");
  EXPECT_EQ(ErrorMetadata(status).at("current_revision"), "0");
  EXPECT_EQ(ErrorReason(Put(MakePut("a", "{")).status()), "INVALID_JSON");
  EXPECT_EQ(ErrorReason(Get("a").status()), "DOCUMENT_NOT_FOUND");
}

TEST_F(ServerTest, TakesADocumentOfTheLargestSizeAndNoLarger) {
  EXPECT_TRUE(Put(MakePut("a", "\"" + std::string((4 << 20) - 2, 'x') + "\"")).ok());
  EXPECT_EQ(Get("a")->content().size(), size_t{4} << 20);
  EXPECT_EQ(ErrorReason(Put(MakePut("a", "\"" + std::string(4 << 20, 'x') + "\"")).status()),
            "DOCUMENT_TOO_LARGE");
}

TEST_F(ServerTest, ListsInPages) {
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(Put(MakePut(name, "1")).ok());
  v1::ListRequest request;
  request.set_page_size(2);
  auto page = Call(*documents_, &Documents::List, request);
  ASSERT_EQ(page->documents_size(), 2);
  EXPECT_EQ(page->revision(), 3u);
  request.set_page_token(page->next_page_token());
  page = Call(*documents_, &Documents::List, request);
  ASSERT_EQ(page->documents_size(), 1);
  EXPECT_EQ(page->documents(0).name(), "c");
  EXPECT_TRUE(page->next_page_token().empty());
  request.set_prefix("a");
  EXPECT_EQ(ErrorReason(Call(*documents_, &Documents::List, request).status()),
            "INVALID_PAGE_TOKEN");
}

TEST_F(ServerTest, ShowsHistoryInPagesWithDeletions) {
  ASSERT_TRUE(Put(MakePut("a", "1")).ok());
  ASSERT_TRUE(Put(MakePut("a", "2")).ok());
  v1::DeleteRequest deletion;
  deletion.set_name("a");
  ASSERT_TRUE(Call(*documents_, &Documents::Delete, deletion).ok());
  EXPECT_EQ(ErrorReason(Get("a").status()), "DOCUMENT_NOT_FOUND");
  EXPECT_EQ(Get("a", 1)->content(), "1");
  EXPECT_EQ(ErrorReason(Get("a", 9).status()), "REVISION_NOT_FOUND");
  v1::HistoryRequest request;
  request.set_name("a");
  request.set_page_size(2);
  auto page = Call(*documents_, &Documents::History, request);
  ASSERT_EQ(page->revisions_size(), 2);
  EXPECT_TRUE(page->revisions(0).deleted());
  EXPECT_TRUE(page->revisions(0).sha256().empty());
  request.set_page_token(page->next_page_token());
  page = Call(*documents_, &Documents::History, request);
  ASSERT_EQ(page->revisions_size(), 1);
  EXPECT_EQ(page->revisions(0).revision(), 1u);
  EXPECT_TRUE(page->next_page_token().empty());
}

TEST_F(ServerTest, ComparesTheLatestWithTheOneBefore) {
  ASSERT_TRUE(Put(MakePut("a", R"({"fps": 5})")).ok());
  ASSERT_TRUE(Put(MakePut("b", "1")).ok());
  ASSERT_TRUE(Put(MakePut("a", R"({"fps": 9})")).ok());
  v1::DiffRequest request;
  request.set_name("a");
  const auto diff = Call(*documents_, &Documents::Diff, request);
  ASSERT_TRUE(diff.ok()) << diff.status();
  EXPECT_EQ(diff->from().revision(), 1u);
  EXPECT_EQ(diff->to().revision(), 3u);
  ASSERT_EQ(diff->changes_size(), 1);
  EXPECT_EQ(diff->changes(0).kind(), v1::Change::KIND_REPLACED);
  EXPECT_EQ(diff->changes(0).path(), "/fps");
  EXPECT_EQ(diff->changes(0).before(), "5");
  EXPECT_EQ(diff->changes(0).after(), "9");
}

TEST_F(ServerTest, ComparesTheFirstRevisionWithNothingAndOpaqueContentByItsBytes) {
  v1::PutRequest put = MakePut("a", "x");
  put.set_content_type("text/plain");
  ASSERT_TRUE(Put(put).ok());
  v1::DiffRequest request;
  request.set_name("a");
  const auto diff = Call(*documents_, &Documents::Diff, request);
  ASSERT_TRUE(diff.ok()) << diff.status();
  EXPECT_EQ(diff->from().revision(), 0u);
  EXPECT_TRUE(diff->opaque_difference());
}

TEST_F(ServerTest, RollsBack) {
  ASSERT_TRUE(Put(MakePut("a", "1")).ok());
  ASSERT_TRUE(Put(MakePut("a", "2")).ok());
  v1::RollbackRequest request;
  request.set_name("a");
  request.set_revision(1);
  request.set_comment("back");
  const auto response = Call(*documents_, &Documents::Rollback, request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->info().revision(), 3u);
  EXPECT_EQ(response->info().comment(), "back");
  EXPECT_EQ(Get("a")->content(), "1");
}

TEST_F(ServerTest, WatchesHistoryAndLiveChangesAndResumes) {
  ASSERT_TRUE(Put(MakePut("a", "1")).ok());
  uint64_t last = 0;
  {
    grpc::ClientContext context;
    const auto stream = documents_->Watch(&context, {});
    v1::WatchResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.changed().revision(), 1u);
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.synced_revision(), 1u);
    ASSERT_TRUE(Put(MakePut("a", "2")).ok());
    ASSERT_TRUE(stream->Read(&response));
    last = response.changed().revision();
    context.TryCancel();
    (void)stream->Finish();
  }
  EXPECT_EQ(last, 2u);
  ASSERT_TRUE(Put(MakePut("b", "1")).ok());
  Restart();
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_after_revision(last);
  const auto stream = documents_->Watch(&context, request);
  v1::WatchResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.changed().name(), "b");
  context.TryCancel();
  (void)stream->Finish();
}

TEST_F(ServerTest, FeedsALongHistoryToAWatcher) {
  constexpr int kWrites = 2000;
  for (int i = 1; i <= kWrites; ++i) ASSERT_TRUE(Put(MakePut("a", std::to_string(i))).ok());
  Restart();
  grpc::ClientContext context;
  const auto stream = documents_->Watch(&context, {});
  v1::WatchResponse response;
  for (uint64_t i = 1; i <= kWrites; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    ASSERT_EQ(response.changed().revision(), i);
  }
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.synced_revision(), kWrites);
  context.TryCancel();
  (void)stream->Finish();
}

TEST_F(ServerTest, AWatchOfAnImpossiblePrefixIsRefused) {
  grpc::ClientContext context;
  v1::WatchRequest request;
  request.set_prefix("a b");
  const auto stream = documents_->Watch(&context, request);
  v1::WatchResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(ErrorReason(FromGrpcStatus(stream->Finish())), "INVALID_NAME");
}

TEST_F(ServerTest, ListsItselfAsTheOnlyControlNodeAndKnowsNoOther) {
  v1::ListNodesResponse list;
  grpc::ClientContext listing;
  ASSERT_TRUE(control_->ListNodes(&listing, {}, &list).ok());
  ASSERT_EQ(list.nodes_size(), 1);
  EXPECT_EQ(list.nodes(0).node().id(), "control-1");
  EXPECT_TRUE(list.nodes(0).is_root());
  EXPECT_FALSE(list.nodes(0).household_whole());
  grpc::ClientContext handing_over;
  v1::HandOverResponse response;
  EXPECT_EQ(ErrorReason(FromGrpcStatus(control_->HandOver(&handing_over, {}, &response))),
            "SINGLE_NODE");
}

TEST_F(ServerTest, IsRootUnderAnEpochThatGrowsWithEveryStart) {
  EXPECT_EQ(Role().role(), v1::ROLE_ROOT);
  EXPECT_EQ(Role().epoch(), 1u);
  Restart();
  EXPECT_EQ(Role().epoch(), 2u);
  const absl::Status status = CreateDuty("d1", "gate-1", 1).status();
  EXPECT_EQ(ErrorReason(status), "STALE_EPOCH");
  EXPECT_EQ(ErrorMetadata(status).at("current_epoch"), "2");
  EXPECT_EQ(ErrorReason(CreateDuty("d1", "gate-1", 0).status()), "INVALID_EPOCH");
  EXPECT_TRUE(CreateDuty("d1", "gate-1", 2).ok());
}

TEST_F(ServerTest, KeepsStations) {
  const auto put = PutStation("gate-1", 1);
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->revision(), 1u);
  const auto list = Call(*registry_, &Registry::ListStations, v1::ListStationsRequest());
  ASSERT_EQ(list->stations_size(), 1);
  EXPECT_EQ(list->stations(0).capabilities().counts().begin()->second, 8u);
  v1::RemoveStationRequest removal;
  removal.set_epoch(1);
  removal.set_station_id("gate-1");
  EXPECT_TRUE(Call(*registry_, &Registry::RemoveStation, removal).ok());
}

TEST_F(ServerTest, ListsStationsAndDutiesInPages) {
  for (const char* id : {"gate-1", "gate-2", "gate-3"}) {
    ASSERT_TRUE(PutStation(id, 1).ok());
    ASSERT_TRUE(CreateDuty(id, id, 1).ok());
  }
  v1::ListStationsRequest stations;
  stations.set_page_size(2);
  auto page = Call(*registry_, &Registry::ListStations, stations);
  ASSERT_EQ(page->stations_size(), 2);
  stations.set_page_token(page->next_page_token());
  page = Call(*registry_, &Registry::ListStations, stations);
  ASSERT_EQ(page->stations_size(), 1);
  EXPECT_EQ(page->stations(0).id(), "gate-3");
  EXPECT_EQ(page->next_page_token(), "");
  v1::ListDutiesRequest duties;
  duties.set_page_size(3);
  const auto all = Call(*registry_, &Registry::ListDuties, duties);
  EXPECT_EQ(all->duties_size(), 3);
  EXPECT_EQ(all->next_page_token(), "");
  // A token of another listing is none of this one.
  duties.set_page_token(stations.page_token());
  EXPECT_EQ(ErrorReason(Call(*registry_, &Registry::ListDuties, duties).status()),
            "INVALID_PAGE_TOKEN");
  duties.set_page_size(1001);
  EXPECT_EQ(ErrorReason(Call(*registry_, &Registry::ListDuties, duties).status()),
            "INVALID_PAGE_SIZE");
}

TEST_F(ServerTest, EndsAPageEarlyWhenItsRecordsAreLarge) {
  // Some 4.5 KB each.
  int stored = 0;
  for (; stored < 280; ++stored) {
    ASSERT_TRUE(PutStation(absl::StrCat("gate-", 100 + stored), 1, /*capabilities=*/64).ok());
  }
  v1::ListStationsRequest request;
  request.set_page_size(1000);
  int listed = 0;
  int pages = 0;
  do {
    const auto page = Call(*registry_, &Registry::ListStations, request);
    ASSERT_TRUE(page.ok()) << page.status();
    listed += page->stations_size();
    ++pages;
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, stored);
  EXPECT_GT(pages, 1);
}

TEST_F(ServerTest, MovesADutyAndTellsItsFailovers) {
  ASSERT_TRUE(CreateDuty("d1", "gate-1", 1).ok());
  const auto claim = Claim("d1", 2, "spare-1", 1);
  ASSERT_TRUE(claim.ok()) << claim.status();
  EXPECT_EQ(claim->assignment().state(), v1::Assignment::STATE_CLAIMED);
  EXPECT_EQ(ErrorReason(Claim("d1", 2, "spare-2", 1).status()), "ASSIGNMENT_MISMATCH");
  v1::ConfirmDutyRequest confirmation;
  confirmation.set_epoch(1);
  confirmation.set_duty_id("d1");
  confirmation.set_assignment_number(2);
  EXPECT_EQ(Call(*registry_, &Registry::ConfirmDuty, confirmation)->assignment().state(),
            v1::Assignment::STATE_RUNNING);
  const auto duties = Call(*registry_, &Registry::ListDuties, v1::ListDutiesRequest());
  EXPECT_EQ(duties->duties(0).assignment().station_id(), "spare-1");
  v1::GetFailoverRequest get;
  get.set_failover_id("d1-1");
  EXPECT_EQ(Call(*registry_, &Registry::GetFailover, get)->failover().duty_id(), "d1");
  get.set_failover_id("d1-9");
  EXPECT_EQ(ErrorReason(Call(*registry_, &Registry::GetFailover, get).status()),
            "FAILOVER_NOT_FOUND");
}

TEST_F(ServerTest, AnswersClaimsOnOneStreamEachByItsNumber) {
  ASSERT_TRUE(CreateDuty("d1", "gate-1", 1).ok());
  rpc::testing::Inbox<v1::ClaimDutiesResponse> answers;
  rpc::testing::Inbox<absl::Status> ends;
  const auto stream = rpc::ClientStream<v1::ClaimDutiesRequest, v1::ClaimDutiesResponse>::Start(
      *registry_->async(), &Registry::async::ClaimDuties,
      {.on_message = [&](auto answer) { answers.Put(std::move(answer)); },
       .on_done = [&](const absl::Status& status) { ends.Put(status); }});
  v1::ClaimDutiesRequest request;
  *request.mutable_claim() = MakeClaim("d1", 2, "spare-1", 1);
  request.mutable_claim()->set_validate_only(true);
  request.set_number(7);
  stream->Send(request);
  EXPECT_EQ(answers.Take().number(), 7u);
  request.mutable_claim()->set_validate_only(false);
  request.set_number(8);
  stream->Send(request);
  EXPECT_EQ(answers.Take().claimed().assignment().station_id(), "spare-1");
  *request.mutable_claim() = MakeClaim("d1", 2, "spare-2", 1);
  request.set_number(9);
  stream->Send(request);
  const v1::ClaimDutiesResponse refused = answers.Take();
  EXPECT_EQ(refused.number(), 9u);
  EXPECT_EQ(ErrorReason(FromStatusProto(refused.refused())), "ASSIGNMENT_MISMATCH");
  stream->HalfClose();
  EXPECT_TRUE(ends.Take().ok());
}

TEST_F(ServerTest, ListsFailoversNewestFirstInPages) {
  v1::RecordFailoverRequest record;
  record.set_epoch(1);
  for (const char* id : {"f-1", "f-2", "f-3"}) {
    record.mutable_failover()->set_id(id);
    record.mutable_failover()->set_duty_id("d1");
    record.mutable_failover()->set_state(v1::Failover::STATE_WAITING);
    ASSERT_TRUE(Call(*registry_, &Registry::RecordFailover, record).ok());
  }
  v1::ListFailoversRequest request;
  request.set_page_size(2);
  request.set_unfinished(true);
  auto page = Call(*registry_, &Registry::ListFailovers, request);
  ASSERT_EQ(page->failovers_size(), 2);
  EXPECT_EQ(page->failovers(0).id(), "f-3");
  request.set_page_token(page->next_page_token());
  page = Call(*registry_, &Registry::ListFailovers, request);
  ASSERT_EQ(page->failovers_size(), 1);
  EXPECT_EQ(page->failovers(0).id(), "f-1");
}

TEST_F(ServerTest, FencesOffAStationWhoseDutyMoved) {
  ASSERT_TRUE(CreateDuty("d1", "gate-1", 1).ok());
  v1::PutRequest put = MakePut("duties/d1", "{}");
  put.mutable_fence()->set_duty_id("d1");
  put.mutable_fence()->set_assignment_number(1);
  EXPECT_TRUE(Put(put).ok());
  ASSERT_TRUE(Claim("d1", 2, "spare-1", 1).ok());
  put.set_content("{\"a\":1}");
  EXPECT_EQ(ErrorReason(Put(put).status()), "STALE_ASSIGNMENT");
}

TEST_F(ServerTest, ASecondVaultOnTheSameDataIsRefused) {
  Config config;
  config.service.listen = "127.0.0.1:0";
  config.data_directory = directory_;
  EXPECT_EQ(ErrorReason(Server::Start(config).status()), "DATA_IN_USE");
}

TEST_F(ServerTest, WhileTheDiskRefusesWritesReadsGoOnAndItRecoversByItself) {
  ASSERT_TRUE(Put(MakePut("a", "1")).ok());
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tiny{1, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &tiny);
  const absl::Status refused = Put(MakePut("a", "2")).status();
  EXPECT_EQ(ErrorReason(refused), "DISK_ERROR") << refused;
  EXPECT_EQ(Get("a")->content(), "1");
  setrlimit(RLIMIT_FSIZE, &before);
  // It tries again by itself every second.
  absl::StatusOr<v1::PutResponse> put = absl::UnknownError("not tried");
  while (!put.ok()) put = Put(MakePut("a", "3"));
  EXPECT_EQ(Get("a")->content(), "3");
}

}  // namespace
}  // namespace understudy::config_vault
