#include "services/station_agent/agent.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/executor/serial_executor.h"
#include "common/testing/eventually.h"
#include "common/time/system_clock.h"
#include "services/station_agent/link/station_link.h"
#include "services/station_agent/runtime/link/socket.h"
#include "services/station_agent/runtime/scheduler/runtime.h"
#include "services/station_agent/testing/fake_sessions.h"

namespace understudy::station_agent {
namespace {

namespace act = duty_action;

constexpr char kDocument[] = "{\"cameras\":[{\"id\":\"camera-1\"}]}";

// A native process on a thread of the test: runs what it is given and says so.
class NativeThread {
 public:
  explicit NativeThread(const std::string& link, std::string configuration = "")
      : runs_(std::move(configuration)) {
    EXPECT_EQ(station_link_open(link.c_str(), 60'000, &link_), 0);
    if (!runs_.empty()) Publish(runs_);
    thread_ = std::thread([this] { Loop(); });
  }
  ~NativeThread() {
    stopping_ = true;
    thread_.join();
    station_link_close(link_);
  }

  void Publish(const std::string& configuration) {
    EXPECT_EQ(station_link_publish_configuration(link_, configuration.data(), configuration.size()),
              0);
    EXPECT_EQ(station_link_acknowledge_running(link_, Sha256Of(configuration).data()), 0);
    absl::MutexLock lock(&mutex_);
    runs_ = configuration;
  }
  void Report(uint64_t memory_bytes) {
    const station_link_indicators indicators = {memory_bytes, 0, nullptr, 0};
    EXPECT_EQ(station_link_report_indicators(link_, &indicators), 0);
  }
  std::string runs() const {
    absl::MutexLock lock(&mutex_);
    return runs_;
  }

 private:
  void Loop() {
    while (!stopping_) {
      station_link_event event;
      station_link_heartbeat(link_);
      if (station_link_wait(link_, 20, &event) != 0) continue;
      if (event.kind == STATION_LINK_EVENT_CONFIGURATION) {
        const std::string document(static_cast<const char*>(event.data), event.size);
        (void)station_link_acknowledge_running(link_, Sha256Of(document).data());
        absl::MutexLock lock(&mutex_);
        runs_ = document;
      } else if (event.kind == STATION_LINK_EVENT_STAND_DOWN) {
        (void)station_link_acknowledge_stood_down(link_);
        absl::MutexLock lock(&mutex_);
        runs_.clear();
      }
    }
  }

  station_link* link_ = nullptr;
  mutable absl::Mutex mutex_;
  std::string runs_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

template <typename Action>
std::optional<Action> FindReply(const WorldLog::Seen& seen) {
  for (const DutyAction& reply : seen.replies) {
    if (const auto* found = std::get_if<Action>(&reply)) return *found;
  }
  return std::nullopt;
}

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    config_.station_id = "gate-1";
    config_.state_directory = std::string(getenv("TEST_TMPDIR")) + "/" +
                              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    config_.link_name = "/understudy-agent-test-" + std::to_string(getpid());
    config_.limits.native_process_silent = absl::ZeroDuration();
    // Of the machine that the test runs on.
    config_.limits.cpu.above = config_.limits.memory.above = config_.limits.disk.above = 2;
    std::filesystem::remove_all(config_.state_directory);
    RemoveLink();
    session_.id = 5;
    session_.beat_host = "127.0.0.1";
    session_.beat_port = 9;
    session_.beat_interval = absl::Hours(1);
    session_.lease = absl::Hours(1);
  }
  ~AgentTest() override {
    native_.reset();
    Stop();
    RemoveLink();
  }

  static runtime::RuntimeOptions OneThread() {
    runtime::RuntimeOptions options;
    options.threads = 1;
    return options;
  }

  void RemoveLink() {
    shm_unlink(config_.link_name.c_str());
    shm_unlink((config_.link_name + ".bell").c_str());
  }

  void BeDeployment(bool strict = false) {
    config_.kind = StationKind::kDeployment;
    config_.duty = DeclaredDuty{"gate", {}, strict};
  }

  void Start() {
    log_ = std::make_unique<WorldLog>();
    vault_ = std::make_unique<FakeVaultDocuments>(*log_);
    executor_ = std::make_shared<SerialExecutor>("agent", clock_);
    disk_ = std::make_shared<SerialExecutor>("disk", clock_);
    runtime_ = std::make_unique<runtime::Runtime>(OneThread(), clock_);
    session_.sent_at = clock_.SteadyNow();
    Agent::Parts parts = {
        .clock = clock_,
        .random = random_,
        .executor = executor_,
        .disk = disk_,
        .runtime = *runtime_,
        .vault = *vault_,
        .metrics = metrics_,
        .make_membership =
            [this](MembershipObserver& observer) {
              auto made = std::make_unique<FakeMembershipSession>(*log_, observer, session_);
              membership_ = made.get();
              return made;
            },
        .make_orders =
            [this](OrdersObserver& observer) {
              auto made = std::make_unique<FakeOrdersSession>(*log_, observer);
              orders_ = made.get();
              return made;
            },
        .on_left = [this] { log_->Change([](WorldLog::Seen& seen) { seen.left = true; }); }};
    auto agent = Agent::Start(config_, std::move(parts));
    ASSERT_TRUE(agent.ok()) << agent.status();
    agent_ = *std::move(agent);
    ASSERT_TRUE(Saw([](const auto& seen) { return seen.attached > 0; }));
  }
  void Stop() {
    if (agent_ == nullptr) return;
    agent_->Quiet();
    runtime_->Stop();
    disk_->Stop();
    executor_->Stop();
    agent_.reset();
  }
  // The native process answers before it keeps what it runs.
  bool NativeRuns(std::string_view document) {
    return understudy::testing::Eventually([&] { return native_->runs() == document; });
  }

  void StartNative(const std::string& configuration = "") {
    native_ = std::make_unique<NativeThread>(config_.link_name, configuration);
    ASSERT_TRUE(Saw([](const auto& seen) {
      return seen.report.has_value() && seen.report->indicators.native_process_alive;
    }));
  }

  template <typename Predicate>
  bool Saw(Predicate predicate) {
    return log_->WaitUntil(predicate);
  }
  template <typename Action>
  bool SawReply() {
    return Saw([](const auto& seen) { return FindReply<Action>(seen).has_value(); });
  }
  void Give(StationOrder order) {
    executor_->Post([this, order = std::move(order)] { orders_->Give(clock_.SteadyNow(), order); });
  }
  DutyOrder Order(uint64_t number, const std::string& content = kDocument) const {
    return {"gate", {1, number}, "duties/gate", 7, Sha256Of(content), false};
  }
  AgentStatus Status() {
    AgentStatus status;
    absl::Notification done;
    agent_->GetStatus([&](const AgentStatus& now) {
      status = now;
      done.Notify();
    });
    done.WaitForNotification();
    return status;
  }
  void StageAndActivate(uint64_t number = 2) {
    vault_->Set("duties/gate", 7, kDocument);
    Give(StageOrder{{"gate", "duties/gate", 7, Sha256Of(kDocument), 0}});
    ASSERT_TRUE(SawReply<act::ReplyStaged>());
    Give(ActivateOrder{Order(number)});
    ASSERT_TRUE(SawReply<act::ReplyRunning>());
  }

  Config config_;
  JoinedSession session_;
  const SystemClock clock_;
  Random random_{3};
  metrics::Registry registry_;
  AgentMetrics metrics_{registry_};
  std::unique_ptr<WorldLog> log_;
  std::unique_ptr<FakeVaultDocuments> vault_;
  std::shared_ptr<SerialExecutor> executor_;
  std::shared_ptr<SerialExecutor> disk_;
  std::unique_ptr<runtime::Runtime> runtime_;
  FakeMembershipSession* membership_ = nullptr;
  FakeOrdersSession* orders_ = nullptr;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<NativeThread> native_;
};

TEST_F(AgentTest, JoinsWithTheDutyThatItDeclaresAndHolds) {
  BeDeployment();
  Start();
  const auto seen = log_->Get();
  EXPECT_EQ(seen.announcement->kind, StationKind::kDeployment);
  ASSERT_TRUE(seen.announcement->declared_duty.has_value());
  EXPECT_EQ(seen.announcement->declared_duty->id, "gate");
  ASSERT_TRUE(seen.hello->holding.has_value());
  EXPECT_EQ(seen.hello->holding->mark.number, 0u);
  EXPECT_EQ(seen.hello->session_id, 5u);
}

// A hook in the middle of what gRPC does would let another coroutine run there.
TEST_F(AgentTest, TellsTheOrchestratorThatItRunsOutsideOfAllCoroutines) {
  Start();
  StartNative();
  StageAndActivate();
  EXPECT_EQ(log_->Get().replies_in_coroutines, 0);
}

TEST_F(AgentTest, UploadsTheConfigurationOnceItHoldsAnAssignment) {
  BeDeployment();
  Start();
  StartNative(kDocument);
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.uploads.size() == 1; }));
  const auto upload = log_->Get().uploads[0];
  EXPECT_EQ(upload.assignment_number, 1u);
  EXPECT_EQ(upload.author, "station/gate-1");
  EXPECT_EQ(*Unpack(upload.document.packed), kDocument);
  EXPECT_EQ(upload.document.info.sha256, Sha256Of(kDocument));
  ASSERT_TRUE(SawReply<act::ReplyRunning>());
  EXPECT_EQ(FindReply<act::ReplyRunning>(log_->Get())->sha256, Sha256Of(kDocument));
}

TEST_F(AgentTest, TellsMembershipOfItsDutyWhileTheNativeProcessIsStillBeginning) {
  Start();
  station_link* slow = nullptr;
  ASSERT_EQ(station_link_open(config_.link_name.c_str(), 60'000, &slow), 0);
  ASSERT_TRUE(Saw([](const auto& seen) {
    return seen.report.has_value() && seen.report->indicators.native_process_alive;
  }));
  vault_->Set("duties/gate", 7, kDocument);
  Give(ActivateOrder{Order(2)});
  EXPECT_TRUE(Saw([](const auto& seen) { return seen.report->duty_id == "gate"; }));
  EXPECT_FALSE(FindReply<act::ReplyRunning>(log_->Get()).has_value());
  station_link_close(slow);
}

TEST_F(AgentTest, UploadsALaterChangeOnceMoreWhateverFailedBefore) {
  BeDeployment();
  Start();
  vault_->Fail(2, absl::UnavailableError("the vault is away"));
  StartNative(kDocument);
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.uploads.size() == 1; }));
  native_->Publish("{\"changed\":true}");
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.uploads.size() == 2; }));
  EXPECT_EQ(*Unpack(log_->Get().uploads[1].document.packed), "{\"changed\":true}");
  EXPECT_NE(log_->Get().uploads[0].request_id, log_->Get().uploads[1].request_id);
  EXPECT_EQ(metrics_.uploads_retried.Value(), 2);
}

TEST_F(AgentTest, KeepsAScheduledChangeUntilTheRootCollectsIt) {
  config_.sync.mode = SyncMode::kScheduled;
  BeDeployment();
  Start();
  StartNative(kDocument);
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  // The duty's first document does not wait.
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.uploads.size() == 1; }));
  native_->Publish("{\"changed\":1}");
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.sync_replies.size() == 1; }));
  EXPECT_EQ(std::get<ChangeWaits>(log_->Get().sync_replies[0]).duty_id, "gate");
  EXPECT_TRUE(Status().upload_pending);
  EXPECT_EQ(log_->Get().uploads.size(), 1u);
  Give(CollectOrder{"gate"});
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.sync_replies.size() == 2; }));
  EXPECT_EQ(std::get<Collected>(log_->Get().sync_replies[1]).revision, 100u);
  ASSERT_EQ(log_->Get().uploads.size(), 2u);
  EXPECT_EQ(*Unpack(log_->Get().uploads[1].document.packed), "{\"changed\":1}");
  Give(CollectOrder{"other"});
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.sync_replies.size() == 3; }));
  EXPECT_NE(std::get<Collected>(log_->Get().sync_replies[2]).error, "");
}

TEST_F(AgentTest, SaysWhenItAttachesAgainThatAChangeWaits) {
  config_.sync.mode = SyncMode::kScheduled;
  BeDeployment();
  Start();
  StartNative(kDocument);
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.uploads.size() == 1; }));
  EXPECT_FALSE(log_->Get().hello->change_waits);
  native_->Publish("{\"changed\":1}");
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.sync_replies.size() == 1; }));
  native_.reset();
  Stop();
  Start();
  // It may upload nothing before it holds the duty again.
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  EXPECT_TRUE(Saw([](const auto& seen) {
    return (seen.hello.has_value() && seen.hello->change_waits) || !seen.sync_replies.empty();
  }));
  EXPECT_TRUE(log_->Get().uploads.empty());
}

TEST_F(AgentTest, UploadsNothingThatIsNoDocument) {
  BeDeployment();
  Start();
  StartNative("{\"broken\":");
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  native_->Publish(kDocument);
  ASSERT_TRUE(Saw([](const auto& seen) { return !seen.uploads.empty(); }));
  EXPECT_EQ(*Unpack(log_->Get().uploads[0].document.packed), kDocument);
}

TEST_F(AgentTest, StopsUploadingWhenTheDutyHasMoved) {
  BeDeployment();
  Start();
  vault_->Fail(1000, MakeError(absl::StatusCode::kFailedPrecondition, "STALE_ASSIGNMENT", "moved"));
  StartNative(kDocument);
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  ASSERT_TRUE(understudy::testing::Eventually([&] { return metrics_.uploads_stale.Value() > 0; }));
  EXPECT_FALSE(Status().upload_pending);
}

TEST_F(AgentTest, UploadsWhatAnEarlierAgentCouldNot) {
  BeDeployment();
  Start();
  vault_->Fail(1000, absl::UnavailableError("the vault is away"));
  StartNative(kDocument);
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  ASSERT_TRUE(
      understudy::testing::Eventually([&] { return metrics_.uploads_retried.Value() > 0; }));
  native_.reset();
  Stop();
  Start();
  Give(HoldOrder{{"gate", {1, 1}, "duties/gate", 0, std::nullopt, false}});
  ASSERT_TRUE(Saw([](const auto& seen) { return seen.uploads.size() == 1; }));
  EXPECT_EQ(*Unpack(log_->Get().uploads[0].document.packed), kDocument);
}

TEST_F(AgentTest, RunsAStagedDutyByteForByte) {
  Start();
  StartNative();
  StageAndActivate();
  EXPECT_TRUE(NativeRuns(kDocument));
  const auto seen = log_->Get();
  EXPECT_EQ(FindReply<act::ReplyStaged>(seen)->sha256, Sha256Of(kDocument));
  EXPECT_EQ(FindReply<act::ReplyRunning>(seen)->sha256, Sha256Of(kDocument));
  EXPECT_TRUE(Saw([](const auto& now) {
    return now.report->kind == StationKind::kDeployment && now.report->duty_id == "gate";
  }));
  EXPECT_EQ(Status().running_sha256, Sha256Of(kDocument));
}

TEST_F(AgentTest, RefusesToKeepWhatIsNotWhatItsHashSays) {
  Start();
  vault_->Set("duties/gate", 7, "{\"another\":1}");
  Give(StageOrder{{"gate", "duties/gate", 7, Sha256Of(kDocument), 0}});
  ASSERT_TRUE(SawReply<act::ReplyStaged>());
  EXPECT_FALSE(FindReply<act::ReplyStaged>(log_->Get())->sha256.has_value());
  EXPECT_TRUE(Status().staged.empty());
}

TEST_F(AgentTest, SaysAfterARestartWhatItHasStaged) {
  Start();
  vault_->Set("duties/gate", 7, kDocument);
  Give(StageOrder{{"gate", "duties/gate", 7, Sha256Of(kDocument), 0}});
  ASSERT_TRUE(SawReply<act::ReplyStaged>());
  Stop();
  Start();
  ASSERT_EQ(log_->Get().hello->staged.size(), 1u);
  EXPECT_EQ(log_->Get().hello->staged[0].sha256, Sha256Of(kDocument));
  EXPECT_EQ(log_->Get().hello->staged[0].revision, 7u);
}

TEST_F(AgentTest, HoldsAnActivatedDutyOverARestartWithoutDisturbingIt) {
  Start();
  StartNative();
  StageAndActivate();
  Stop();
  Start();
  ASSERT_TRUE(log_->Get().hello->holding.has_value());
  EXPECT_EQ(log_->Get().hello->holding->mark, (OrderMark{1, 2}));
  EXPECT_EQ(log_->Get().announcement->kind, StationKind::kDeployment);
  EXPECT_TRUE(NativeRuns(kDocument));
}

TEST_F(AgentTest, IsABackupAfterItStoodDownAlsoAfterARestart) {
  BeDeployment();
  Start();
  StartNative(kDocument);
  Give(StandDownOrder{"gate", {1, 2}, "it moved"});
  ASSERT_TRUE(SawReply<act::ReplyStoodDown>());
  EXPECT_TRUE(NativeRuns(""));
  Stop();
  Start();
  EXPECT_EQ(log_->Get().announcement->kind, StationKind::kBackup);
  EXPECT_FALSE(log_->Get().announcement->declared_duty.has_value());
  EXPECT_FALSE(log_->Get().hello->holding.has_value());
}

TEST_F(AgentTest, ReportsThatTheNativeProcessHasEnded) {
  BeDeployment();
  Start();
  StartNative(kDocument);
  native_.reset();
  EXPECT_TRUE(Saw([](const auto& seen) {
    return seen.report->faults.size() == 1 &&
           seen.report->faults[0].fault == HealthFault::kNativeProcessDead;
  }));
}

TEST_F(AgentTest, ReportsANativeProcessAboveItsMemoryLimit) {
  config_.limits.native_process_memory.above = 1e12;
  Start();
  StartNative();
  native_->Report(2'000'000'000'000);
  EXPECT_TRUE(Saw([](const auto& seen) {
    return seen.report->faults.size() == 1 &&
           seen.report->faults[0].fault == HealthFault::kNativeProcessMemory;
  }));
}

TEST_F(AgentTest, ReportsADeviceThatItAsksItself) {
  auto acceptor = runtime::TcpAcceptor::Listen({"127.0.0.1", 0}).value();
  WatchedDevice device;
  device.id = "door";
  device.type = "lock";
  device.address.host = "127.0.0.1";
  device.address.port = acceptor->port();
  device.time_out = absl::Seconds(10);
  WatchedDevice gone = device;
  gone.id = "gone";
  gone.address.transport = DeviceTransport::kSerial;
  gone.address.path = "/no/such/port";
  config_.devices = {device, gone};
  Start();
  EXPECT_TRUE(Saw([](const auto& seen) {
    return seen.report.has_value() && seen.report->children.size() == 2 &&
           seen.report->children[0].id == "door" && seen.report->children[0].alive &&
           seen.report->children[0].type == "lock" && !seen.report->children[1].alive;
  }));
  EXPECT_EQ(Status().children.size(), 2u);
}

TEST_F(AgentTest, StopsAStrictDutyWhoseLeaseRanOut) {
  BeDeployment(/*strict=*/true);
  session_.lease = absl::Milliseconds(300);
  Start();
  StartNative(kDocument);
  DutyOrder hold = Order(1);
  hold.strict_fencing = true;
  Give(HoldOrder{hold});
  ASSERT_TRUE(understudy::testing::Eventually([&] { return native_->runs().empty(); }));
  EXPECT_TRUE(Status().duty.has_value());
}

TEST_F(AgentTest, BeatsOverTheStreamWhenUdpIsBlocked) {
  session_.beat_interval = absl::Milliseconds(5);
  Start();
  EXPECT_TRUE(Saw([](const auto& seen) { return seen.stream_beats > 0; }));
}

TEST_F(AgentTest, LooksForAnotherRootWhenItsOwnIsSilentAndRunsOnMeanwhile) {
  session_.beat_interval = absl::Milliseconds(5);
  session_.missed_beats_limit = 3;
  BeDeployment();
  Start();
  StartNative(kDocument);
  EXPECT_TRUE(Saw([](const auto& seen) { return seen.root_silences > 3; }));
  EXPECT_TRUE(NativeRuns(kDocument));
  EXPECT_TRUE(Status().duty.has_value());
}

TEST_F(AgentTest, LeavesAndStandsDownWhenToldTo) {
  BeDeployment();
  Start();
  StartNative(kDocument);
  absl::Notification answered;
  agent_->Leave("maintenance", [&](const absl::Status& status) {
    EXPECT_TRUE(status.ok());
    answered.Notify();
  });
  answered.WaitForNotification();
  EXPECT_TRUE(NativeRuns(kDocument));
  Give(StandDownOrder{"gate", {1, 2}, "it left"});
  EXPECT_TRUE(Saw([](const auto& seen) { return seen.left; }));
  EXPECT_TRUE(NativeRuns(""));
}

TEST_F(AgentTest, RefusesToGuessWhatABrokenRoleFileSaid) {
  std::filesystem::create_directories(config_.state_directory);
  FILE* file = fopen((config_.state_directory + "/role.json").c_str(), "w");
  ASSERT_NE(file, nullptr);
  fputs("{\"format\":", file);
  fclose(file);
  log_ = std::make_unique<WorldLog>();
  vault_ = std::make_unique<FakeVaultDocuments>(*log_);
  executor_ = std::make_shared<SerialExecutor>("agent", clock_);
  runtime_ = std::make_unique<runtime::Runtime>(OneThread(), clock_);
  Agent::Parts parts = {clock_,  random_,  executor_, executor_, *runtime_,
                        *vault_, metrics_, nullptr,   nullptr,   nullptr};
  EXPECT_EQ(ErrorReason(Agent::Start(config_, std::move(parts)).status()), "BAD_ROLE_FILE");
  executor_->Stop();
}

}  // namespace
}  // namespace understudy::station_agent
