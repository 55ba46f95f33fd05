#ifndef UNDERSTUDY_CLI_TESTING_COMMAND_LINE_TEST_BASE_H_
#define UNDERSTUDY_CLI_TESTING_COMMAND_LINE_TEST_BASE_H_

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/testing/fake_clients.h"

namespace understudy::cli {

// Runs whole command lines against a fake site.
class CommandLineTestBase : public testing::Test {
 protected:
  // With --insecure, so that no site file is needed.
  int Run(std::vector<std::string> words, const std::string& input = "") {
    words.insert(words.begin(), "--insecure");
    return RunPlainly(words, input);
  }
  int RunPlainly(const std::vector<std::string>& words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    World world = {.in = in, .out = out, .err = err, .make_clients = [this](const Connection& c) {
                     return MakeFakeClients(site_, c);
                   }};
    const int code = RunCommandLine(words, world);
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  FakeSite site_;
  std::string out_;
  std::string err_;
};

}  // namespace understudy::cli

#endif  // UNDERSTUDY_CLI_TESTING_COMMAND_LINE_TEST_BASE_H_
