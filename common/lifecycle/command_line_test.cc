#include "common/lifecycle/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy::lifecycle {
namespace {

using ::testing::HasSubstr;

Command Parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sample");
  return ParseCommandLine({"sample", "1.2.3", "Does nothing.", "  a: 1\n"},
                          static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLineTest, TurnsFlagsIntoKeysOfTheFile) {
  const Command command = Parse({"--config=f.yaml", "--listen", "a:1", "--health_listen=a:2",
                                 "--metrics_listen=a:3", "--log_level=warn", "--insecure"});
  const auto* run = std::get_if<RunCommand>(&command);
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->config_file, "f.yaml");
  std::string overrides;
  for (const auto& given : run->overrides) {
    overrides += given.flag + ":" + given.key + "=" + given.value + " ";
  }
  EXPECT_EQ(overrides,
            "--listen:listen=a:1 --health_listen:health_listen=a:2 "
            "--metrics_listen:metrics_listen=a:3 --log_level:log.level=warn "
            "--insecure:insecure=true ");
}

TEST(CommandLineTest, LeavesTheFileAloneWithoutFlags) {
  const Command command = Parse({"--config=f.yaml"});
  ASSERT_TRUE(std::holds_alternative<RunCommand>(command));
  EXPECT_TRUE(std::get<RunCommand>(command).overrides.empty());
}

TEST(CommandLineTest, RefusesWhatItDoesNotKnow) {
  for (const auto& arguments : std::vector<std::vector<const char*>>{
           {}, {"--config"}, {"--config=a", "--lisen=b:1"}, {"--config=a", "b"}}) {
    const Command command = Parse(arguments);
    ASSERT_TRUE(std::holds_alternative<BadCommand>(command));
    EXPECT_THAT(std::get<BadCommand>(command).text, HasSubstr("Try --help."));
  }
}

TEST(CommandLineTest, ShowsAnExampleInItsHelp) {
  const Command command = Parse({"--help"});
  ASSERT_TRUE(std::holds_alternative<PrintCommand>(command));
  EXPECT_THAT(std::get<PrintCommand>(command).text, HasSubstr("with sample.yaml:\n  a: 1\n"));
}

}  // namespace
}  // namespace understudy::lifecycle
