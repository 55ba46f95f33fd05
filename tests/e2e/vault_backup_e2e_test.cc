// A site of three control nodes is backed up while it writes, restored into another site, and its
// etcd, lost for good, is built anew from a vault: all by the command line.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "cli/clients/clients.h"
#include "cli/command_line.h"
#include "cli/local_fleet/control_plan.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/wait.h"
#include "common/status/status.h"

namespace understudy::e2e {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(2);
constexpr int kDocuments = 7;

// "name@revision" and the content of each.
using Contents = std::map<std::string, std::string>;

// Three control nodes without a station, under a directory of their own.
class Site {
 public:
  explicit Site(const std::string& name) {
    char path[] = "/tmp/understudy-e2e-XXXXXX";
    EXPECT_NE(mkdtemp(path), nullptr) << name;
    cli::FleetOptions options;
    options.directory = directory_ = path;
    options.binaries = *cli::FindBinaries();
    options.dies_with_parent = true;
    options.start_timeout = kPatience;
    auto fleet = cli::LocalFleet::Create(std::move(options));
    EXPECT_TRUE(fleet.ok()) << fleet.status();
    fleet_.emplace(*std::move(fleet));
    EXPECT_EQ(fleet_->StartControlNodes(3), absl::OkStatus());
    clients_ = cli::MakeGrpcClients({.tls = fleet_->site().tls, .timeout = kPatience});
    vault_ = *clients_->Vault(fleet_->site().control_nodes);
    EXPECT_TRUE(cli::WaitFor(kPatience, [&] { return IsWhole(); }));
  }
  ~Site() {
    fleet_->Stop();
    if (!testing::Test::HasFailure()) std::filesystem::remove_all(directory_);
  }

  // Runs a command line of the site: its output, or the error as text.
  std::string Run(const std::vector<std::string>& words) {
    std::string said;
    EXPECT_TRUE(TryRun(words, said)) << said;
    return said;
  }
  bool TryRun(std::vector<std::string> words, std::string& said) {
    words.insert(words.begin(), {"--site", directory_, "--timeout", "60s"});
    std::istringstream in;
    std::ostringstream out;
    cli::World world = {.in = in, .out = out, .err = out, .make_clients = cli::MakeGrpcClients};
    const int code = cli::RunCommandLine(words, world);
    said = out.str();
    return code == 0;
  }

  absl::StatusOr<uint64_t> Put(const std::string& name, const std::string& content) {
    config_vault::v1::PutRequest request;
    request.set_name(name);
    request.set_content(content);
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault_->Put(request));
    return response.info().revision();
  }
  absl::StatusOr<std::string> Get(const std::string& name, uint64_t revision) {
    config_vault::v1::GetRequest request;
    request.set_name(name);
    request.set_revision(revision);
    UNDERSTUDY_ASSIGN_OR_RETURN(const auto response, vault_->Get(request));
    return response.content();
  }
  // All of these have come to the same root and follow it.
  bool IsWhole() {
    const auto nodes = vault_->ListNodes();
    if (!nodes.ok()) return false;
    int whole = 0;
    for (const auto& node : nodes->nodes()) whole += node.following() && node.behind() == 0;
    return whole == 3;
  }

  cli::LocalFleet& fleet() { return *fleet_; }
  // Of one node's vault alone.
  std::unique_ptr<cli::VaultClient> VaultOf(size_t node) {
    return *clients_->Vault({fleet_->site().control_nodes[node]});
  }

 private:
  std::string directory_;
  std::optional<cli::LocalFleet> fleet_;
  std::unique_ptr<cli::ClientFactory> clients_;
  std::unique_ptr<cli::VaultClient> vault_;
};

void ExpectHolds(Site& site, const Contents& contents) {
  for (const auto& [key, content] : contents) {
    const size_t at = key.find('@');
    const auto found = site.Get(key.substr(0, at), std::stoull(key.substr(at + 1)));
    EXPECT_TRUE(found.ok()) << key << ": " << found.status();
    EXPECT_EQ(found.value_or(""), content) << key;
  }
}

// Puts documents one after the other until it is told to stop; what was acknowledged.
class Load {
 public:
  explicit Load(Site& site) : site_(site), thread_([this] { Run(); }) {}
  Contents Stop() {
    stopping_ = true;
    thread_.join();
    return acknowledged_;
  }
  int acknowledged() const { return count_; }

 private:
  void Run() {
    for (int i = 0; !stopping_; ++i) {
      const std::string name = absl::StrCat("load/", i % kDocuments);
      const std::string content = absl::StrCat("{\"n\":", i, "}");
      const auto revision = site_.Put(name, content);
      EXPECT_TRUE(revision.ok()) << revision.status();
      if (revision.ok()) acknowledged_[absl::StrCat(name, "@", *revision)] = content;
      ++count_;
    }
  }

  Site& site_;
  Contents acknowledged_;
  std::atomic<int> count_ = 0;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

TEST(VaultBackupEndToEndTest, ABackupUnderLoadMakesAnotherSiteByteForByte) {
  const std::string file = absl::StrCat(getenv("TEST_TMPDIR"), "/site.vault");
  Contents before;
  {
    Site site("first");
    Load load(site);
    while (load.acknowledged() < 100) cli::Pause(absl::Milliseconds(5));
    const int known = load.acknowledged();
    site.Run({"vault", "backup", file});
    while (load.acknowledged() < known + 50) cli::Pause(absl::Milliseconds(5));
    const Contents all = load.Stop();
    // What was acknowledged before the backup began is in it.
    std::map<uint64_t, std::string> by_revision;
    for (const auto& [key, content] : all) {
      by_revision[std::stoull(key.substr(key.find('@') + 1))] = key;
    }
    for (const auto& [revision, key] : by_revision) {
      if (before.size() < static_cast<size_t>(known)) before[key] = all.at(key);
    }
  }
  Site other("other");
  EXPECT_NE(other.Run({"vault", "restore", file}).find("Restored: the vault holds"),
            std::string::npos);
  ExpectHolds(other, before);
  ASSERT_TRUE(cli::WaitFor(kPatience, [&] { return other.IsWhole(); }));
  for (size_t node = 0; node < 3; ++node) {
    config_vault::v1::HistoryRequest request;
    request.set_name("load/0");
    const auto history = other.VaultOf(node)->History(request);
    ASSERT_TRUE(history.ok()) << history.status();
    EXPECT_GE(static_cast<size_t>(history->revisions_size()), before.size() / kDocuments);
  }
  EXPECT_TRUE(other.Put("after", "{}").ok());
}

TEST(VaultBackupEndToEndTest, AnEtcdThatIsLostForGoodIsBuiltAnewFromAVault) {
  Site site("reseeded");
  Contents written;
  for (int i = 0; i < 30; ++i) {
    const std::string content = absl::StrCat("{\"n\":", i, "}");
    const auto revision = site.Put("load/a", content);
    ASSERT_TRUE(revision.ok()) << revision.status();
    written[absl::StrCat("load/a@", *revision)] = content;
  }
  // The root writes that one by itself, some time after its start.
  ASSERT_TRUE(cli::WaitFor(kPatience, [&] { return site.Get("control/nodes", 0).ok(); }));
  ASSERT_TRUE(cli::WaitFor(kPatience, [&] { return site.IsWhole(); }));
  const std::vector<std::string> nodes = site.fleet().ControlNodeIds();
  for (const std::string& node : nodes) {
    const std::string member = cli::NodeProcess(node, cli::kEtcd);
    ASSERT_EQ(site.fleet().Kill(member), absl::OkStatus());
    std::filesystem::remove_all(site.fleet().layout().DataDirectory(member));
  }
  // Reads that may be stale go on without any etcd.
  EXPECT_NE(site.Run({"config", "get", "load/a", "--stale"}).find("{\"n\":29}"), std::string::npos);
  for (const std::string& node : nodes) {
    ASSERT_EQ(site.fleet().Restart(cli::NodeProcess(node, cli::kEtcd)), absl::OkStatus());
  }
  // Until etcd's members have found each other.
  std::string said;
  ASSERT_TRUE(cli::WaitFor(kPatience, [&] {
    return site.TryRun({"vault", "reseed", "--yes"}, said);
  })) << said;
  EXPECT_NE(said.find("to build from"), std::string::npos) << said;
  EXPECT_NE(said.find("etcd is built anew: 2 documents,"), std::string::npos) << said;
  // Until there is a root again.
  absl::Status after;
  ASSERT_TRUE(cli::WaitFor(kPatience, [&] {
    after = site.Put("load/a", "{\"n\":\"after\"}").status();
    return after.ok();
  })) << after;
  ExpectHolds(site, written);
  ASSERT_TRUE(cli::WaitFor(kPatience, [&] { return site.IsWhole(); }));
}

}  // namespace
}  // namespace understudy::e2e
