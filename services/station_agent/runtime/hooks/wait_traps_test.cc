#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <stdexcept>

#include "services/station_agent/runtime/hooks/testing/trap_test.h"

// Fortified calls, as a compiler makes them with _FORTIFY_SOURCE.
extern "C" ssize_t __read_chk(int, void*, size_t, size_t);
extern "C" ssize_t __recv_chk(int, void*, size_t, size_t, int);
extern "C" int __poll_chk(pollfd*, nfds_t, int, size_t);

namespace understudy::station_agent::runtime {
namespace {

class WaitTraps : public TrapTest {};
UNDERSTUDY_TRAPS(WaitTraps);

TEST_P(WaitTraps, PollWaitsForOneOfMany) {
  SocketPair first;
  SocketPair second;
  Together({[&] {
              pollfd polls[3] = {
                  {first.ends[0], POLLIN, 0}, {second.ends[0], POLLIN, 0}, {-1, POLLIN, 0}};
              EXPECT_EQ(poll(polls, 3, -1), 1);
              EXPECT_EQ(polls[0].revents, 0);
              EXPECT_EQ(polls[1].revents, POLLIN);
              EXPECT_EQ(polls[2].revents, 0);
            },
            [&] {
              Pause();
              EXPECT_EQ(write(second.ends[1], "x", 1), 1);
            }});
}

TEST_P(WaitTraps, PollReportsInvalidAndDuplicateDescriptors) {
  SocketPair pair;
  Alone([&] {
    pollfd bad[2] = {{12345, POLLIN, 0}, {pair.ends[0], POLLIN, 0}};
    EXPECT_EQ(poll(bad, 2, -1), 1);
    EXPECT_EQ(bad[0].revents, POLLNVAL);
    EXPECT_EQ(write(pair.ends[1], "x", 1), 1);
    pollfd twice[2] = {{pair.ends[0], POLLIN, 0}, {pair.ends[0], POLLIN | POLLOUT, 0}};
    EXPECT_EQ(poll(twice, 2, -1), 2);
    EXPECT_EQ(twice[1].revents, POLLIN | POLLOUT);
  });
}

TEST_P(WaitTraps, PollTimesOutNotEarlierAndZeroReturnsAtOnce) {
  SocketPair pair;
  Alone([&] {
    pollfd one{pair.ends[0], POLLIN, 0};
    EXPECT_EQ(poll(&one, 1, 0), 0);
    EXPECT_GE(TimeOf([&] { EXPECT_EQ(poll(&one, 1, 40), 0); }), absl::Milliseconds(39));
    EXPECT_GE(TimeOf([&] { EXPECT_EQ(poll(nullptr, 0, 20), 0); }), absl::Milliseconds(19));
    const timespec time{0, 30'000'000};
    EXPECT_GE(TimeOf([&] { EXPECT_EQ(ppoll(&one, 1, &time, nullptr), 0); }),
              absl::Milliseconds(29));
  });
}

TEST_P(WaitTraps, WhoPollsInALoopWithoutWaitingLetsOthersRun) {
  SocketPair pair;
  Together({[&] {
              pollfd one{pair.ends[0], POLLIN, 0};
              while (poll(&one, 1, 0) == 0) {
              }
            },
            [&] { EXPECT_EQ(write(pair.ends[1], "x", 1), 1); }});
}

TEST_P(WaitTraps, PollSeesAHangUp) {
  TcpPair pair;
  Together({[&] {
              pollfd one{pair.ends[0], 0, 0};
              EXPECT_EQ(poll(&one, 1, -1), 1);
              EXPECT_NE(one.revents & (POLLHUP | POLLERR), 0);
            },
            [&] {
              Pause();
              shutdown(pair.ends[0], SHUT_RDWR);
              shutdown(pair.ends[1], SHUT_RDWR);
            }});
}

TEST_P(WaitTraps, SelectWaitsAndReportsErrors) {
  SocketPair pair;
  Together({[&] {
              fd_set reads;
              FD_ZERO(&reads);
              FD_SET(pair.ends[0], &reads);
              EXPECT_EQ(select(pair.ends[0] + 1, &reads, nullptr, nullptr, nullptr), 1);
              EXPECT_TRUE(FD_ISSET(pair.ends[0], &reads));
              fd_set writes;
              FD_ZERO(&writes);
              FD_SET(pair.ends[0], &writes);
              FD_ZERO(&reads);
              EXPECT_EQ(select(pair.ends[0] + 1, &reads, &writes, nullptr, nullptr), 1);
              FD_ZERO(&reads);
              const int closed = dup(pair.ends[0]);
              close(closed);
              FD_SET(closed, &reads);
              EXPECT_EQ(select(closed + 1, &reads, nullptr, nullptr, nullptr), -1);
              EXPECT_EQ(errno, EBADF);
            },
            [&] {
              Pause();
              EXPECT_EQ(write(pair.ends[1], "x", 1), 1);
            }});
}

TEST_P(WaitTraps, SelectTimesOutAndTellsWhatWasLeft) {
  SocketPair pair;
  Alone([&] {
    fd_set reads;
    FD_ZERO(&reads);
    FD_SET(pair.ends[0], &reads);
    timeval time{0, 30'000};
    EXPECT_GE(
        TimeOf([&] { EXPECT_EQ(select(pair.ends[0] + 1, &reads, nullptr, nullptr, &time), 0); }),
        absl::Milliseconds(29));
    EXPECT_EQ(time.tv_sec, 0);
    EXPECT_EQ(time.tv_usec, 0);
    EXPECT_FALSE(FD_ISSET(pair.ends[0], &reads));
    const timespec none{0, 1'000'000};
    EXPECT_EQ(pselect(0, nullptr, nullptr, nullptr, &none, nullptr), 0);
  });
}

TEST_P(WaitTraps, ALibrarysOwnEpollYields) {
  SocketPair pair;
  Together({[&] {
              const int own = epoll_create1(EPOLL_CLOEXEC);
              epoll_event event{};
              event.events = EPOLLIN;
              event.data.u32 = 77;
              EXPECT_EQ(epoll_ctl(own, EPOLL_CTL_ADD, pair.ends[0], &event), 0);
              for (int i = 0; i < 3; ++i) {
                epoll_event got{};
                EXPECT_EQ(epoll_wait(own, &got, 1, -1), 1);
                EXPECT_EQ(got.data.u32, 77u);
                EXPECT_EQ(ReadSome(pair.ends[0]), "x");
              }
              epoll_event got{};
              EXPECT_GE(TimeOf([&] { EXPECT_EQ(epoll_wait(own, &got, 1, 20), 0); }),
                        absl::Milliseconds(19));
              close(own);
            },
            [&] {
              for (int i = 0; i < 3; ++i) {
                Pause();
                EXPECT_EQ(write(pair.ends[1], "x", 1), 1);
              }
            }});
}

TEST_P(WaitTraps, SleepsLastAtLeastAsLongAndTogether) {
  std::atomic<int> done{0};
  const auto check = [&](int milliseconds, const std::function<void()>& sleep) {
    EXPECT_GE(TimeOf(sleep), absl::Milliseconds(milliseconds));
    ++done;
  };
  Together({
      [&] { check(20, [] { EXPECT_EQ(usleep(20'000), 0); }); },
      [&] {
        check(20, [] {
          const timespec time{0, 20'000'000};
          EXPECT_EQ(nanosleep(&time, nullptr), 0);
        });
      },
      [&] {
        check(20, [] {
          const timespec time{0, 20'000'000};
          EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr), 0);
        });
      },
      [&] {
        check(20, [] {
          timespec time{};
          clock_gettime(CLOCK_REALTIME, &time);
          time.tv_nsec += 21'000'000;
          if (time.tv_nsec >= 1'000'000'000) ++time.tv_sec, time.tv_nsec -= 1'000'000'000;
          EXPECT_EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &time, nullptr), 0);
        });
      },
      [&] { check(0, [] { EXPECT_EQ(sleep(0), 0u); }); },
      [&] {
        check(20, [] {
          timeval time{0, 20'000};
          EXPECT_EQ(select(0, nullptr, nullptr, nullptr, &time), 0);
        });
      },
  });
  EXPECT_EQ(done, 6);
}

TEST_P(WaitTraps, SleepsRefuseNonsense) {
  Alone([&] {
    const timespec bad{0, 2'000'000'000};
    EXPECT_EQ(nanosleep(&bad, nullptr), -1);
    EXPECT_EQ(errno, EINVAL);
    EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, nullptr), EINVAL);
  });
}

TEST_P(WaitTraps, NamesAreResolved) {
  Alone([&] {
    addrinfo hints{};
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    ASSERT_EQ(getaddrinfo("127.0.0.1", "80", &hints, &found), 0);
    const auto* address = reinterpret_cast<const sockaddr_in*>(found->ai_addr);
    EXPECT_EQ(ntohs(address->sin_port), 80);
    char host[64];
    char service[16];
    EXPECT_EQ(getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof(host), service,
                          sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV),
              0);
    EXPECT_STREQ(host, "127.0.0.1");
    EXPECT_STREQ(service, "80");
    freeaddrinfo(found);
    hints.ai_flags = AI_NUMERICHOST;
    EXPECT_EQ(getaddrinfo("no such host", nullptr, &hints, &found), EAI_NONAME);
    const hostent* entry = gethostbyname("127.0.0.1");
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(entry->h_addrtype, AF_INET);
  });
}

std::atomic<int> signals_handled{0};

TEST_P(WaitTraps, AHandledSignalDoesNotEndARead) {
  struct sigaction action {};
  action.sa_handler = [](int) { ++signals_handled; };
  action.sa_flags = SA_RESTART;
  struct sigaction before {};
  sigaction(SIGUSR1, &action, &before);
  signals_handled = 0;
  SocketPair pair;
  std::string got;
  Together({[&] { got = ReadSome(pair.ends[0]); },
            [&] {
              Pause();
              raise(SIGUSR1);
              Pause();
              EXPECT_EQ(write(pair.ends[1], "s", 1), 1);
            }});
  EXPECT_EQ(got, "s");
  EXPECT_EQ(signals_handled, 1);
  sigaction(SIGUSR1, &before, nullptr);
}

TEST_P(WaitTraps, ErrnoAndExceptionsBelongToTheFlow) {
  SocketPair first;
  SocketPair second;
  std::atomic<int> caught{0};
  const auto flow = [&](int own, int other, int number) {
    try {
      throw std::runtime_error(std::to_string(number));
    } catch (const std::runtime_error& error) {
      errno = 1000 + number;
      EXPECT_EQ(write(own, "x", 1), 1);
      EXPECT_EQ(ReadSome(other), "x");
      EXPECT_EQ(errno, 1000 + number);
      EXPECT_EQ(error.what(), std::to_string(number));
      ++caught;
    }
  };
  Together({[&] { flow(first.ends[0], second.ends[1], 1); },
            [&] { flow(second.ends[0], first.ends[1], 2); }});
  EXPECT_EQ(caught, 2);
}

TEST_P(WaitTraps, FortifiedCallsYieldToo) {
  SocketPair pair;
  Together({[&] {
              char buffer[8];
              EXPECT_EQ(__read_chk(pair.ends[0], buffer, 1, sizeof(buffer)), 1);
              EXPECT_EQ(__recv_chk(pair.ends[0], buffer, 1, sizeof(buffer), 0), 1);
              pollfd one{pair.ends[0], POLLIN, 0};
              EXPECT_EQ(__poll_chk(&one, 1, -1, sizeof(one)), 1);
            },
            [&] {
              for (int i = 0; i < 3; ++i) {
                Pause();
                EXPECT_EQ(write(pair.ends[1], "x", 1), 1);
              }
            }});
}

// Only the runtime can cancel.
TEST(CancelTrap, ACancelledHookedCallReleasesWhatItHeld) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  SocketPair pair;
  int destroyed = 0;
  struct Counter {
    int& count;
    ~Counter() { ++count; }
  };
  std::vector<CoroutineId> all;
  const auto spawn = [&](std::function<void()> wait) {
    all.push_back(manager.Spawn([&destroyed, wait] {
      const Counter counter{destroyed};
      wait();
      EXPECT_EQ(errno, ECANCELED);
    }));
  };
  spawn([&] { EXPECT_EQ(ReadSome(pair.ends[0]), "error"); });
  spawn([&] {
    pollfd one{pair.ends[0], POLLIN, 0};
    EXPECT_EQ(poll(&one, 1, -1), -1);
  });
  spawn([] { EXPECT_EQ(usleep(60'000'000), -1); });
  manager.Spawn([&] {
    usleep(1000);
    for (const CoroutineId id : all) EXPECT_TRUE(manager.Cancel(id));
  });
  manager.RunUntilDone();
  EXPECT_EQ(destroyed, 3);
  // Nothing waits on the descriptor any more.
  EXPECT_EQ(manager.Descriptor(pair.ends[0]).waits, nullptr);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
