#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>

#include "services/station_agent/runtime/hooks/testing/trap_test.h"

namespace understudy::station_agent::runtime {
namespace {

class SocketTraps : public TrapTest {};
UNDERSTUDY_TRAPS(SocketTraps);

TEST_P(SocketTraps, OneMayReadWhileAnotherWritesTheSameDescriptor) {
  TcpPair pair;
  constexpr size_t kSize = 8 << 20;
  std::atomic<size_t> got{0};
  std::string reply;
  Together({
      [&] {
        const std::vector<char> data(kSize, 'x');
        EXPECT_EQ(send(pair.ends[0], data.data(), data.size(), 0), static_cast<ssize_t>(kSize));
      },
      [&] { reply = ReadSome(pair.ends[0]); },
      [&] {
        Pause();
        EXPECT_EQ(send(pair.ends[1], "hello", 5, 0), 5);
        std::vector<char> buffer(1 << 16);
        while (got < kSize) {
          const ssize_t size = recv(pair.ends[1], buffer.data(), buffer.size(), 0);
          ASSERT_GT(size, 0);
          got += static_cast<size_t>(size);
        }
      },
  });
  EXPECT_EQ(reply, "hello");
  EXPECT_EQ(got, kSize);
}

TEST_P(SocketTraps, TwoMayReadTheSameDescriptor) {
  TcpPair pair;
  std::atomic<int> served{0};
  const auto reader = [&] {
    char byte = 0;
    EXPECT_EQ(recv(pair.ends[0], &byte, 1, 0), 1);
    ++served;
  };
  Together({reader, reader, [&] {
              Pause();
              EXPECT_EQ(send(pair.ends[1], "ab", 2, 0), 2);
            }});
  EXPECT_EQ(served, 2);
}

TEST_P(SocketTraps, AReceiveTimeOutGivesEagainThenAndNotEarlier) {
  TcpPair pair;
  SetTimeout(pair.ends[0], SO_RCVTIMEO, 60);
  Alone([&] {
    char byte = 0;
    int error = 0;
    const absl::Duration took = TimeOf([&] {
      EXPECT_EQ(recv(pair.ends[0], &byte, 1, 0), -1);
      error = errno;
    });
    EXPECT_EQ(error, EAGAIN);
    EXPECT_GE(took, absl::Milliseconds(55));  // the kernel counts in ticks
  });
}

TEST_P(SocketTraps, ATimeOutOfZeroWaitsForEver) {
  TcpPair pair;
  SetTimeout(pair.ends[0], SO_RCVTIMEO, 20);
  SetTimeout(pair.ends[0], SO_RCVTIMEO, 0);
  std::string got;
  Together({[&] { got = ReadSome(pair.ends[0]); },
            [&] {
              usleep(60'000);
              EXPECT_EQ(write(pair.ends[1], "x", 1), 1);
            }});
  EXPECT_EQ(got, "x");
}

TEST_P(SocketTraps, ATimeOutSetThroughACopyCounts) {
  TcpPair pair;
  Alone([&] {
    SetTimeout(pair.ends[0], SO_RCVTIMEO, 10);
    EXPECT_EQ(ReadSome(pair.ends[0]), "error");
    const int copy = dup(pair.ends[0]);
    SetTimeout(copy, SO_RCVTIMEO, 40);
    const absl::Duration took = TimeOf([&] { EXPECT_EQ(ReadSome(pair.ends[0]), "error"); });
    EXPECT_GE(took, absl::Milliseconds(35));
    close(copy);
  });
}

TEST_P(SocketTraps, DontWaitNeverWaits) {
  TcpPair pair;
  SocketPair datagrams(SOCK_DGRAM);
  Alone([&] {
    char buffer[64];
    iovec part{buffer, sizeof(buffer)};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    mmsghdr many[2]{};
    many[0].msg_hdr = many[1].msg_hdr = message;
    EXPECT_EQ(recv(pair.ends[0], buffer, 64, MSG_DONTWAIT), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(recvfrom(pair.ends[0], buffer, 64, MSG_DONTWAIT, nullptr, nullptr), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(recvmsg(pair.ends[0], &message, MSG_DONTWAIT), -1);
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_EQ(recvmmsg(datagrams.ends[0], many, 2, MSG_DONTWAIT, nullptr), -1);
    EXPECT_EQ(errno, EAGAIN);
    const std::vector<char> big(64 << 20, 'x');
    ssize_t sent = send(pair.ends[0], big.data(), big.size(), MSG_DONTWAIT);
    EXPECT_GT(sent, 0);
    EXPECT_LT(sent, static_cast<ssize_t>(big.size()));
    // The kernel moves what it took to the other end meanwhile, until that is full too.
    while (sent > 0) sent = send(pair.ends[0], big.data(), big.size(), MSG_DONTWAIT);
    EXPECT_EQ(sent, -1);
    EXPECT_EQ(errno, EAGAIN);
  });
}

TEST_P(SocketTraps, WaitAllWaitsForAll) {
  TcpPair pair;
  std::string got(6, '-');
  Together({[&] { EXPECT_EQ(recv(pair.ends[0], got.data(), 6, MSG_WAITALL), 6); },
            [&] {
              for (const char* part : {"ab", "cd", "ef"}) {
                Pause();
                EXPECT_EQ(send(pair.ends[1], part, 2, 0), 2);
              }
            }});
  EXPECT_EQ(got, "abcdef");
}

TEST_P(SocketTraps, PeekLeavesTheDataThere) {
  TcpPair pair;
  Together({[&] {
              char buffer[8];
              EXPECT_EQ(recv(pair.ends[0], buffer, 8, MSG_PEEK), 3);
              EXPECT_EQ(recv(pair.ends[0], buffer, 8, 0), 3);
            },
            [&] {
              Pause();
              EXPECT_EQ(send(pair.ends[1], "abc", 3, 0), 3);
            }});
}

TEST_P(SocketTraps, TheEndOfAStreamThatArrivesWithDataIsNotLost) {
  TcpPair pair;
  std::string got;
  Together({[&] {
              EXPECT_EQ(ReadSome(pair.ends[0]), "a");
              EXPECT_EQ(send(pair.ends[0], "go", 2, 0), 2);
              for (std::string part = ReadSome(pair.ends[0]); !part.empty();
                   part = ReadSome(pair.ends[0])) {
                got += part;
              }
            },
            [&] {
              Pause();
              EXPECT_EQ(send(pair.ends[1], "a", 1, 0), 1);
              EXPECT_EQ(ReadSome(pair.ends[1]), "go");
              EXPECT_EQ(send(pair.ends[1], "tail", 4, 0), 4);
              EXPECT_EQ(shutdown(pair.ends[1], SHUT_WR), 0);
            }});
  EXPECT_EQ(got, "tail");
}

TEST_P(SocketTraps, ShutdownWakesAReader) {
  TcpPair pair;
  std::string got = "none";
  Together({[&] { got = ReadSome(pair.ends[0]); },
            [&] {
              Pause();
              EXPECT_EQ(shutdown(pair.ends[0], SHUT_RDWR), 0);
            }});
  EXPECT_EQ(got, "");
}

TEST_P(SocketTraps, AcceptHonoursItsFlagsAndErrors) {
  Listener listener;
  Listener datagram(0, SOCK_DGRAM);
  Together({[&] {
              const int plain = accept(listener.descriptor, nullptr, nullptr);
              const int special =
                  accept4(listener.descriptor, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
              EXPECT_EQ(fcntl(plain, F_GETFL) & O_NONBLOCK, 0);
              EXPECT_NE(fcntl(special, F_GETFL) & O_NONBLOCK, 0);
              EXPECT_NE(fcntl(special, F_GETFD) & FD_CLOEXEC, 0);
              EXPECT_EQ(fcntl(listener.descriptor, F_GETFL) & O_NONBLOCK, 0);
              close(plain);
              close(special);
              EXPECT_EQ(accept(-1, nullptr, nullptr), -1);
              EXPECT_EQ(errno, EBADF);
              EXPECT_EQ(accept(9999, nullptr, nullptr), -1);
              EXPECT_EQ(errno, EBADF);
              EXPECT_EQ(accept(datagram.descriptor, nullptr, nullptr), -1);
              EXPECT_EQ(errno, EOPNOTSUPP);
              EXPECT_EQ(accept(STDIN_FILENO, nullptr, nullptr), -1);
              EXPECT_EQ(errno, ENOTSOCK);
            },
            [&] {
              Pause();
              for (int i = 0; i < 2; ++i) {
                const int client = socket(AF_INET, SOCK_STREAM, 0);
                EXPECT_EQ(connect(client, listener.raw(), sizeof(listener.address)), 0);
                close(client);
              }
            }});
}

TEST_P(SocketTraps, AcceptOnANonBlockingListenerDoesNotWait) {
  Listener listener;
  Alone([&] {
    fcntl(listener.descriptor, F_SETFL, O_NONBLOCK);
    EXPECT_EQ(accept(listener.descriptor, nullptr, nullptr), -1);
    EXPECT_EQ(errno, EAGAIN);
  });
}

TEST_P(SocketTraps, SocketsAreMadeAsAsked) {
  Alone([&] {
    const int one = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    EXPECT_NE(fcntl(one, F_GETFL) & O_NONBLOCK, 0);
    EXPECT_NE(fcntl(one, F_GETFD) & FD_CLOEXEC, 0);
    char byte = 0;
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    EXPECT_EQ(read(ends[0], &byte, 1), -1);
    EXPECT_EQ(errno, EAGAIN);
    for (const int descriptor : {one, ends[0], ends[1]}) close(descriptor);
  });
}

TEST_P(SocketTraps, ARefusedConnectSaysSoAtOnce) {
  auto listener = std::make_unique<Listener>();
  const sockaddr_in address = listener->address;
  listener.reset();
  Alone([&] {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), -1);
    EXPECT_EQ(errno, ECONNREFUSED);
    EXPECT_EQ(fcntl(client, F_GETFL) & O_NONBLOCK, 0);
    close(client);
  });
}

TEST_P(SocketTraps, ASecondConnectSaysConnected) {
  Listener listener;
  Alone([&] {
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client, listener.raw(), sizeof(listener.address)), 0);
    EXPECT_EQ(connect(client, listener.raw(), sizeof(listener.address)), -1);
    EXPECT_EQ(errno, EISCONN);
    close(client);
  });
}

TEST_P(SocketTraps, ConnectErrorsStayWhatTheyAre) {
  Alone([&] {
    sockaddr_in nowhere{};
    nowhere.sin_family = AF_INET;
    nowhere.sin_addr.s_addr = htonl(INADDR_BROADCAST);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&nowhere), sizeof(nowhere)), -1);
    EXPECT_TRUE(errno == ENETUNREACH || errno == EACCES || errno == EADDRNOTAVAIL) << errno;
    close(client);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&nowhere), sizeof(nowhere)), -1);
    EXPECT_EQ(errno, EBADF);
  });
}

TEST_P(SocketTraps, ASlowConnectHonoursTheSendTimeOut) {
  // A Unix listener whose queue is full keeps connect waiting. The kernel chooses its name.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socklen_t size = sizeof(address);
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(listener, raw, sizeof(sa_family_t)), 0);
  ASSERT_EQ(getsockname(listener, raw, &size), 0);
  ASSERT_EQ(listen(listener, 0), 0);
  const int first = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(connect(first, raw, size), 0);
  Alone([&] {
    const int second = socket(AF_UNIX, SOCK_STREAM, 0);
    SetTimeout(second, SO_SNDTIMEO, 50);
    int error = 0;
    const absl::Duration took = TimeOf([&] {
      EXPECT_EQ(connect(second, raw, size), -1);
      error = errno;
    });
    EXPECT_EQ(error, EAGAIN);
    EXPECT_GE(took, absl::Milliseconds(45));
    close(second);
  });
  close(first);
  close(listener);
}

TEST_P(SocketTraps, GatheredWritesAndScatteredReadsArriveWhole) {
  TcpPair pair;
  constexpr size_t kPart = 3 << 20;
  std::vector<char> first(kPart, 'a');
  std::vector<char> second(kPart, 'b');
  std::vector<char> received;
  Together({[&] {
              iovec parts[2] = {{first.data(), kPart}, {second.data(), kPart}};
              EXPECT_EQ(writev(pair.ends[0], parts, 2), static_cast<ssize_t>(2 * kPart));
              msghdr message{};
              message.msg_iov = parts;
              message.msg_iovlen = 2;
              EXPECT_EQ(sendmsg(pair.ends[0], &message, 0), static_cast<ssize_t>(2 * kPart));
              shutdown(pair.ends[0], SHUT_WR);
            },
            [&] {
              std::vector<char> buffer(1 << 16);
              while (true) {
                iovec parts[2] = {{buffer.data(), 1000}, {buffer.data() + 1000, 60'000}};
                const ssize_t size = readv(pair.ends[1], parts, 2);
                ASSERT_GE(size, 0);
                if (size == 0) break;
                received.insert(received.end(), buffer.begin(), buffer.begin() + size);
              }
            }});
  ASSERT_EQ(received.size(), 4 * kPart);
  EXPECT_EQ(received[kPart - 1], 'a');
  EXPECT_EQ(received[kPart], 'b');
  EXPECT_EQ(received[2 * kPart], 'a');
  EXPECT_EQ(received.back(), 'b');
}

TEST_P(SocketTraps, ManyMessagesAtOnce) {
  SocketPair pair(SOCK_DGRAM);
  Together({[&] {
              char buffers[3][16];
              iovec parts[3];
              mmsghdr messages[3]{};
              for (int i = 0; i < 3; ++i) {
                parts[i] = {buffers[i], 16};
                messages[i].msg_hdr.msg_iov = &parts[i];
                messages[i].msg_hdr.msg_iovlen = 1;
              }
              EXPECT_EQ(recvmmsg(pair.ends[0], messages, 3, 0, nullptr), 3);
              EXPECT_EQ(messages[2].msg_len, 3u);
            },
            [&] {
              Pause();
              char text[] = "abc";
              iovec parts[3] = {{text, 1}, {text, 2}, {text, 3}};
              mmsghdr messages[3]{};
              for (int i = 0; i < 3; ++i) {
                messages[i].msg_hdr.msg_iov = &parts[i];
                messages[i].msg_hdr.msg_iovlen = 1;
              }
              EXPECT_EQ(sendmmsg(pair.ends[1], messages, 3, 0), 3);
              EXPECT_EQ(messages[1].msg_len, 2u);
            }});
}

TEST_P(SocketTraps, AHugeWriteDoesNotKeepTheOthersFromRunning) {
  TcpPair pair;
  TcpPair other;
  constexpr size_t kSize = 32 << 20;
  std::string answer;
  Together({[&] {
              const std::vector<char> data(kSize, 'x');
              EXPECT_EQ(write(pair.ends[0], data.data(), kSize), static_cast<ssize_t>(kSize));
            },
            [&] {
              // Reads only after the others had their conversation.
              EXPECT_EQ(ReadSome(other.ends[1]), "ping");
              EXPECT_EQ(write(other.ends[1], "pong", 4), 4);
              std::vector<char> buffer(1 << 18);
              for (size_t got = 0; got < kSize;) {
                const ssize_t size = read(pair.ends[1], buffer.data(), buffer.size());
                ASSERT_GT(size, 0);
                got += static_cast<size_t>(size);
              }
            },
            [&] {
              Pause();
              EXPECT_EQ(write(other.ends[0], "ping", 4), 4);
              answer = ReadSome(other.ends[0]);
            }});
  EXPECT_EQ(answer, "pong");
}

TEST_P(SocketTraps, DatagramsKeepTheirBounds) {
  Listener receiver(0, SOCK_DGRAM);
  Together({[&] {
              char buffer[64];
              sockaddr_in from{};
              socklen_t size = sizeof(from);
              EXPECT_EQ(recvfrom(receiver.descriptor, buffer, 64, 0,
                                 reinterpret_cast<sockaddr*>(&from), &size),
                        5);
              EXPECT_EQ(size, sizeof(from));
              EXPECT_EQ(recv(receiver.descriptor, buffer, 2, 0), 2);
              EXPECT_EQ(recv(receiver.descriptor, buffer, 64, 0), 1);
            },
            [&] {
              Pause();
              const int sender = socket(AF_INET, SOCK_DGRAM, 0);
              for (const std::string text : {"first", "second", "3"}) {
                EXPECT_EQ(sendto(sender, text.data(), text.size(), 0, receiver.raw(),
                                 sizeof(receiver.address)),
                          static_cast<ssize_t>(text.size()));
              }
              close(sender);
            }});
}

}  // namespace
}  // namespace understudy::station_agent::runtime
