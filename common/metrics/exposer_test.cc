#include "common/metrics/exposer.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

namespace understudy::metrics {
namespace {

using ::testing::HasSubstr;

// The whole answer to one HTTP request.
std::string Get(int port, const std::string& path) {
  const int file = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(file, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
  EXPECT_EQ(write(file, request.data(), request.size()), static_cast<ssize_t>(request.size()));
  std::string answer;
  char part[4096];
  for (ssize_t length; (length = read(file, part, sizeof(part))) > 0;) answer.append(part, length);
  close(file);
  return answer;
}

TEST(ExposerTest, AnswersOnAFreePort) {
  Registry registry;
  registry.AddBuildInfo("test", "0.1.0");
  const auto exposer = Exposer::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(exposer.ok()) << exposer.status();
  const std::string answer = Get((*exposer)->port(), "/metrics");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  EXPECT_THAT(answer, HasSubstr("understudy_build_info{service=\"test\",version=\"0.1.0\"} 1"));
  EXPECT_THAT(Get((*exposer)->port(), "/other"), HasSubstr("404"));
}

TEST(ExposerTest, SaysWhichAddressItCannotHave) {
  Registry registry;
  const auto first = Exposer::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string taken = "127.0.0.1:" + std::to_string((*first)->port());
  const auto second = Exposer::Start(taken, registry);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr(taken));
  EXPECT_FALSE(Exposer::Start("no address", registry).ok());
}

TEST(ExposerTest, GivesItsPortBack) {
  Registry registry;
  auto first = Exposer::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string address = "127.0.0.1:" + std::to_string((*first)->port());
  first->reset();
  const auto second = Exposer::Start(address, registry);
  EXPECT_TRUE(second.ok()) << second.status();
}

}  // namespace
}  // namespace understudy::metrics
