#include "cli/command_line.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/exit_code.h"
#include "cli/local_fleet/site_layout.h"
#include "cli/testing/command_line_test_base.h"
#include "common/status/status.h"

namespace understudy::cli {
namespace {

class CommandLineTest : public CommandLineTestBase {};

std::string SiteDirectory(const std::string& name) {
  const SiteLayout layout(std::string(std::getenv("TEST_TMPDIR")) + "/" + name);
  EXPECT_TRUE(layout.Create().ok());
  return layout.directory();
}

TEST_F(CommandLineTest, ExplainsItselfAndEachVerbWithExamples) {
  EXPECT_EQ(RunPlainly({"--help"}), 0);
  EXPECT_NE(out_.find("Exit codes: 0 done"), std::string::npos) << out_;
  for (const auto& [path, words] : KnownWords()) {
    std::vector<std::string> line;
    std::istringstream parts(path);
    for (std::string word; parts >> word;) line.push_back(word);
    line.push_back("--help");
    EXPECT_EQ(RunPlainly(line), 0) << path;
    EXPECT_NE(out_.find("Usage: understudy"), std::string::npos) << out_;
    if (!path.empty()) {
      EXPECT_NE(out_.find("Examples:\n  "), std::string::npos) << out_;
    }
  }
}

TEST_F(CommandLineTest, SaysWhatIsWrongWithItsWords) {
  EXPECT_EQ(RunPlainly({}), 2);
  EXPECT_EQ(err_,
            "understudy: A subcommand is required\n  next: `understudy --help` explains it\n");
  EXPECT_EQ(RunPlainly({"config", "put", "a"}), 2);
  EXPECT_EQ(err_,
            "understudy: FILE is required\n  next: `understudy config put --help` explains it\n");
  EXPECT_EQ(RunPlainly({"stations", "--timeout", "soon"}), 2);
  EXPECT_NE(err_.find("expected a duration such as 500ms or 5s, found \"soon\""), std::string::npos)
      << err_;
  EXPECT_EQ(RunPlainly({"stations", "-o", "xml"}), 2);
}

TEST_F(CommandLineTest, NamesAWordThatIsNoVerb) {
  EXPECT_EQ(RunPlainly({"no-such-verb"}), 2);
  EXPECT_EQ(err_,
            "understudy: there is no verb \"no-such-verb\"\n"
            "  next: `understudy --help` explains it\n");
  EXPECT_EQ(RunPlainly({"config", "pull", "duties/gate"}), 2);
  EXPECT_EQ(err_,
            "understudy: there is no verb \"pull\"\n"
            "  next: `understudy config --help` explains it\n");
}

TEST_F(CommandLineTest, AsksTheDesignsPortsWithoutASite) {
  EXPECT_EQ(Run({"stations"}), 0);
  EXPECT_EQ(site_.called, std::vector<std::string>{"127.0.0.1:7101"});
  EXPECT_FALSE(site_.connection.tls.has_value());
}

TEST_F(CommandLineTest, TakesAddressesAndCertificatesFromTheSiteUnlessFlagsSayOtherwise) {
  const std::string site = SiteDirectory("site");
  ASSERT_TRUE(WriteFile(site + "/site.json",
                        R"({"vault": "a:1", "membership": "b:2", "orchestrator": "c:3", "tls":
                           {"certificate": "x", "private_key": "y", "authorities": "z"}})")
                  .ok());
  EXPECT_EQ(RunPlainly({"--site", site, "stations", "--timeout", "2s"}), 0);
  EXPECT_EQ(site_.called, std::vector<std::string>{"b:2"});
  EXPECT_EQ(site_.connection.tls->certificate, "x");
  EXPECT_EQ(site_.connection.timeout, absl::Seconds(2));
  EXPECT_EQ(RunPlainly({"stations", "--site", site, "--membership", "d:4", "--insecure"}), 0);
  EXPECT_EQ(site_.called.back(), "d:4");
  EXPECT_FALSE(site_.connection.tls.has_value());
}

TEST_F(CommandLineTest, AsksAllControlNodesOfASite) {
  const std::string site = SiteDirectory("three");
  ASSERT_TRUE(WriteFile(site + "/site.json",
                        R"({"control_nodes": [
                             {"vault": "a:1", "membership": "a:2", "orchestrator": "a:3"},
                             {"vault": "b:1", "membership": "b:2", "orchestrator": "b:3"}]})")
                  .ok());
  EXPECT_EQ(RunPlainly({"stations", "--site", site, "--insecure"}), 0);
  EXPECT_EQ(site_.called.back(), "a:2,b:2");
  EXPECT_EQ(Run({"stations", "--membership", "x:1,y:1,z:1"}), 0);
  EXPECT_EQ(site_.called.back(), "x:1,y:1,z:1");
  EXPECT_EQ(RunPlainly({"stations", "--site", site, "--insecure", "--membership", "x:1"}), 0);
  EXPECT_EQ(site_.called.back(), "x:1") << "a flag names all that there are";
}

TEST_F(CommandLineTest, NeedsCertificatesOrToBeToldToGoWithout) {
  const std::string nowhere = std::string(std::getenv("TEST_TMPDIR")) + "/nowhere";
  EXPECT_EQ(RunPlainly({"stations", "--site", nowhere}), 5);
  EXPECT_NE(err_.find("NO_CERTIFICATES"), std::string::npos) << err_;
  EXPECT_EQ(RunPlainly({"stations", "--site", nowhere, "--tls-certificate", "a"}), 2);
  EXPECT_EQ(RunPlainly({"stations", "--site", nowhere, "--tls-certificate", "a", "--tls-key", "b",
                        "--tls-authorities", "c"}),
            0);
  EXPECT_EQ(site_.connection.tls->authorities, "c");
}

TEST_F(CommandLineTest, NamesABrokenSiteFile) {
  const std::string site = SiteDirectory("broken");
  ASSERT_TRUE(WriteFile(site + "/site.json", R"({"vault": 7})").ok());
  EXPECT_EQ(RunPlainly({"stations", "--site", site}), 6);
  EXPECT_EQ(err_, "understudy: " + site + "/site.json: vault: expected text (INVALID_SITE_FILE)\n");
}

TEST_F(CommandLineTest, ExitsWithWhatTheErrorMeans) {
  const std::pair<absl::StatusCode, ExitCode> kMeanings[] = {
      {absl::StatusCode::kUnavailable, ExitCode::kNotReachable},
      {absl::StatusCode::kDeadlineExceeded, ExitCode::kNotReachable},
      {absl::StatusCode::kNotFound, ExitCode::kNotFound},
      {absl::StatusCode::kAborted, ExitCode::kRefused},
      {absl::StatusCode::kFailedPrecondition, ExitCode::kRefused},
      {absl::StatusCode::kInvalidArgument, ExitCode::kBadInput},
      {absl::StatusCode::kInternal, ExitCode::kFailed},
      {absl::StatusCode::kCancelled, ExitCode::kInterrupted},
  };
  for (const auto& [code, meaning] : kMeanings) {
    site_.failure = absl::Status(code, "because");
    EXPECT_EQ(Run({"stations"}), static_cast<int>(meaning)) << absl::StatusCodeToString(code);
    EXPECT_EQ(err_, "understudy: because\n");
  }
}

TEST_F(CommandLineTest, SaysWhatToDoNextWithTheFactsOfTheError) {
  site_.failure = MakeError(absl::StatusCode::kAborted, "REVISION_MISMATCH", "expected 3, is at 16",
                            {{"current_revision", "16"}});
  EXPECT_EQ(Run({"config", "delete", "a"}), 5);
  EXPECT_EQ(err_,
            "understudy: expected 3, is at 16 (REVISION_MISMATCH)\n"
            "  current_revision: 16\n"
            "  next: read the newer revision (`understudy config get`), merge, and put with "
            "--expect-revision 16\n");
}

TEST_F(CommandLineTest, DoesNotSendAServicesControlCharactersToTheTerminal) {
  site_.failure = absl::InternalError("bad\x1b[2Jnews");
  EXPECT_EQ(Run({"stations"}), 1);
  EXPECT_EQ(err_, "understudy: bad\\x1b[2Jnews\n");
}

TEST_F(CommandLineTest, CompletesInThreeShells) {
  EXPECT_EQ(RunPlainly({"completion", "bash"}), 0);
  EXPECT_NE(out_.find("'config put') words='"), std::string::npos) << out_;
  EXPECT_NE(out_.find("--expect-revision"), std::string::npos);
  EXPECT_EQ(RunPlainly({"completion", "zsh"}), 0);
  EXPECT_EQ(out_.rfind("#compdef understudy", 0), 0u);
  EXPECT_EQ(RunPlainly({"completion", "fish"}), 0);
  EXPECT_NE(out_.find("complete -c understudy -f -n '__understudy_at config' -a put"),
            std::string::npos)
      << out_;
  EXPECT_EQ(RunPlainly({"completion", "csh"}), 2);
}

TEST_F(CommandLineTest, CompletesTheFirstWordInFish) {
  EXPECT_EQ(RunPlainly({"completion", "fish"}), 0);
  EXPECT_NE(out_.find("test \"$words\" = \"$argv\""), std::string::npos) << out_;
}

}  // namespace
}  // namespace understudy::cli
