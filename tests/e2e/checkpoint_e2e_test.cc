// The store of a local fleet as a process, over TLS, with curl as the device and the command line
// as the operator.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "cli/local_fleet/local_fleet.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/local_fleet/spawn.h"

namespace understudy::e2e {
namespace {

constexpr char kIdentifier[] = "00112233445566778899aabbccddeeff";

struct Answer {
  int status = 0;
  // Their names in lower case.
  std::map<std::string, std::string> headers;
  std::string body;
};

Answer ParseAnswer(const std::string& text) {
  Answer answer;
  const size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return answer;
  const std::vector<std::string> lines = absl::StrSplit(text.substr(0, end), "\r\n");
  answer.status = atoi(lines[0].substr(lines[0].find(' ') + 1).c_str());
  for (const std::string& line : lines) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(tolower(c));
    answer.headers[name] = line.substr(colon + 2);
  }
  answer.body = text.substr(end + 4);
  return answer;
}

class CheckpointEndToEndTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/understudy-e2e-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    directory_ = name;
    cli::FleetOptions options;
    options.directory = directory_;
    options.binaries.checkpoints = "services/checkpoint_store/checkpoint_store";
    options.dies_with_parent = true;
    options.start_timeout = absl::Minutes(2);
    auto fleet = cli::LocalFleet::Create(std::move(options));
    ASSERT_TRUE(fleet.ok()) << fleet.status();
    fleet_.emplace(*std::move(fleet));
    ASSERT_EQ(fleet_->StartCheckpointStore(), absl::OkStatus());
  }
  void TearDown() override {
    if (!fleet_.has_value()) return;
    for (const std::string& casualty : fleet_->Casualties()) std::cerr << casualty << "\n";
    EXPECT_EQ(fleet_->Stop(), 0);
    std::filesystem::remove_all(directory_);
  }

  // curl as a device: without a certificate of its own, on a connection of its own.
  Answer Curl(const std::string& path, const std::vector<std::string>& more) {
    const auto& tls = *fleet_->site().tls;
    std::vector<std::string> words = {"--silent", "--show-error", "--cacert", tls.authorities};
    words.insert(words.end(), more.begin(), more.end());
    if (more.empty() || more.front() != "--head") words.push_back("--include");
    words.push_back(absl::StrCat("https://", fleet_->site().checkpoints_http, path));
    const auto output = cli::RunProgram("curl", words);
    EXPECT_TRUE(output.ok()) << output.status();
    return ParseAnswer(output.value_or(""));
  }
  Answer Head(const std::string& id) { return Curl("/" + id, {"--head"}); }
  Answer Get(const std::string& id) { return Curl("/" + id, {}); }
  Answer Post(const std::string& id, const std::string& content) {
    return Curl("/" + id, {"--data-binary", content});
  }
  Answer Put(const std::string& id, const std::string& content) {
    const auto& tls = *fleet_->site().tls;
    return Curl("/" + id, {"--request", "PUT", "--data-binary", content, "--header",
                           "Device-Id: meter-1", "--cert", tls.certificate, "--key",
                           tls.private_key});
  }

  std::string Understudy(std::vector<std::string> words) {
    words.insert(words.begin(), {"--site", directory_, "checkpoint"});
    const auto output = cli::RunProgram("cli/understudy", words);
    EXPECT_TRUE(output.ok()) << output.status();
    return output.value_or("");
  }
  std::string File(const std::string& content) {
    const std::string path = directory_ + "/data/content.bin";
    EXPECT_EQ(cli::WriteFile(path, content), absl::OkStatus());
    return path;
  }

  std::optional<cli::LocalFleet> fleet_;
  std::string directory_;
};

TEST_F(CheckpointEndToEndTest, ACurlIsEnrolledWakesUpAndStoresOverTls) {
  EXPECT_EQ(Head(kIdentifier).status, 404);
  EXPECT_EQ(Put(kIdentifier, "factory").status, 201);
  EXPECT_EQ(Put(kIdentifier, "another").status, 409);
  EXPECT_EQ(Head(kIdentifier).status, 200);
  const Answer first = Get(kIdentifier);
  EXPECT_EQ(first.body, "factory");
  const std::string next = first.headers.at("next-id");
  EXPECT_EQ(Get(kIdentifier).headers.at("next-id"), next);
  EXPECT_EQ(Post(next, "state 1").status, 200);
  EXPECT_EQ(Post(next, "state 1").status, 200);
  EXPECT_EQ(Post(kIdentifier, "late").headers.at("reason"), "DEAD_IDENTIFIER");
  EXPECT_EQ(Get(next).body, "state 1");
}

TEST_F(CheckpointEndToEndTest, WhoeverHasNoOperatorsCertificateEnrolsNobody) {
  const Answer refused = Curl(absl::StrCat("/", kIdentifier),
                              {"--request", "PUT", "--data-binary", "factory"});
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.at("reason"), "NOT_AUTHENTICATED");
}

TEST_F(CheckpointEndToEndTest, TheOperatorSeesTheDeviceAndChangesItWithoutAVisit) {
  Understudy({"enrol", kIdentifier, File("factory"), "--id", "meter-1"});
  const auto list = nlohmann::json::parse(Understudy({"list", "-o", "json"}));
  EXPECT_EQ(list["devices"][0]["device_id"], "meter-1");
  Understudy({"stage", "meter-1", File("changed")});
  EXPECT_EQ(Get(kIdentifier).headers.at("origin"), "operator");
  const Answer taken = Get(kIdentifier);
  EXPECT_EQ(taken.body, "changed");
  EXPECT_EQ(Post(taken.headers.at("next-id"), "state").status, 200);
  EXPECT_EQ(Understudy({"generations", "meter-1", "--get", "2"}), "changed");
}

TEST_F(CheckpointEndToEndTest, AKilledStoreComesBackWithEverythingOnTheSamePorts) {
  Put(kIdentifier, "factory");
  const std::string next = Get(kIdentifier).headers.at("next-id");
  EXPECT_EQ(Post(next, "state").status, 200);
  ASSERT_EQ(fleet_->Kill("checkpoint-store"), absl::OkStatus());
  ASSERT_EQ(fleet_->Restart("checkpoint-store"), absl::OkStatus());
  EXPECT_EQ(Get(next).body, "state");
}

TEST_F(CheckpointEndToEndTest, SimulatedDevicesCycleWithTheRealClientAndTheirSessionsAreResumed) {
  const std::string output = Understudy(
      {"simulate", "--devices", "20", "--interval", "1s", "--duration", "3s", "-o", "json"});
  // Its progress stands before.
  const auto figures = nlohmann::json::parse(output.substr(output.find('{')));
  EXPECT_EQ(figures["devices"], 20);
  EXPECT_GT(figures["cycles"], 20);
  EXPECT_EQ(figures["failed"], 0);
  EXPECT_EQ(figures["mismatched"], 0);
  EXPECT_GT(figures["tls_resumed"], 0);
}

}  // namespace
}  // namespace understudy::e2e
