#include <unistd.h>

#include <iostream>

#include "cli/clients/clients.h"
#include "cli/command_line.h"

int main(int argc, char** argv) {
  understudy::cli::World world = {.in = std::cin,
                                  .out = std::cout,
                                  .err = std::cerr,
                                  .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                                  .err_is_terminal = isatty(STDERR_FILENO) == 1,
                                  .make_clients = understudy::cli::MakeGrpcClients};
  return understudy::cli::RunCommandLine(std::vector<std::string>(argv + 1, argv + argc), world);
}
