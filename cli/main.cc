#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "cli/clients/clients.h"
#include "cli/command_line.h"
#include "cli/output/color.h"

int main(int argc, char** argv) {
  const char* const home = std::getenv("UNDERSTUDY_HOME");
  understudy::cli::World world = {.in = std::cin,
                                  .out = std::cout,
                                  .err = std::cerr,
                                  .out_takes_color = understudy::cli::TakesColor(STDOUT_FILENO),
                                  .err_takes_color = understudy::cli::TakesColor(STDERR_FILENO),
                                  .home = home == nullptr ? "" : home,
                                  .make_clients = understudy::cli::MakeGrpcClients};
  return understudy::cli::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), world);
}
