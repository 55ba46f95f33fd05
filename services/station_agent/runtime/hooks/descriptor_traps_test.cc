#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "services/station_agent/runtime/hooks/testing/trap_test.h"

namespace understudy::station_agent::runtime {
namespace {

class DescriptorTraps : public TrapTest {};
UNDERSTUDY_TRAPS(DescriptorTraps);

void SendDescriptor(int over, int descriptor) {
  char byte = 'd';
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  EXPECT_EQ(sendmsg(over, &message, 0), 1);
}

int ReceiveDescriptor(int over) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  EXPECT_EQ(recvmsg(over, &message, 0), 1);
  int descriptor = -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr) std::memcpy(&descriptor, CMSG_DATA(header), sizeof(int));
  return descriptor;
}

TEST_P(DescriptorTraps, NonBlockingNeverShowsWhereTheUserDidNotSetIt) {
  TcpPair pair;
  SocketPair carrier;
  Together({[&] {
              // A wait has happened on it: whatever the runtime does to a descriptor is done.
              EXPECT_EQ(ReadSome(pair.ends[0]), "x");
              std::vector<int> copies = {dup(pair.ends[0]), fcntl(pair.ends[0], F_DUPFD, 50),
                                         fcntl(pair.ends[0], F_DUPFD_CLOEXEC, 60),
                                         dup2(pair.ends[0], 70), dup3(pair.ends[0], 71, O_CLOEXEC)};
              SendDescriptor(carrier.ends[0], pair.ends[0]);
              copies.push_back(ReceiveDescriptor(carrier.ends[1]));
              for (const int copy : copies) {
                EXPECT_GE(copy, 0);
                EXPECT_EQ(fcntl(copy, F_GETFL) & O_NONBLOCK, 0);
                close(copy);
              }
              EXPECT_EQ(fcntl(pair.ends[0], F_GETFL) & O_NONBLOCK, 0);
            },
            [&] {
              Pause();
              EXPECT_EQ(write(pair.ends[1], "x", 1), 1);
            }});
}

TEST_P(DescriptorTraps, NonBlockingIsNotInheritedAcrossExec) {
  TcpPair pair;
  Together({[&] {
              EXPECT_EQ(ReadSome(pair.ends[0]), "x");
              const pid_t child = fork();
              if (child == 0) {
                dup2(pair.ends[0], 0);
                // Octal 04000 is O_NONBLOCK.
                execl("/bin/sh", "sh", "-c",
                      "flags=$(sed -n 's/^flags:.*\\(.....\\)$/\\1/p' /proc/self/fdinfo/0);"
                      "case $flags in ?4*) exit 1;; esac; exit 0",
                      nullptr);
                _exit(2);
              }
              int status = -1;
              EXPECT_EQ(waitpid(child, &status, 0), child);
              EXPECT_EQ(status, 0);
            },
            [&] {
              Pause();
              EXPECT_EQ(write(pair.ends[1], "x", 1), 1);
            }});
}

TEST_P(DescriptorTraps, TheUsersOwnNonBlockingCounts) {
  TcpPair pair;
  Alone([&] {
    EXPECT_EQ(fcntl(pair.ends[0], F_SETFL, fcntl(pair.ends[0], F_GETFL) | O_NONBLOCK), 0);
    EXPECT_NE(fcntl(pair.ends[0], F_GETFL) & O_NONBLOCK, 0);
    EXPECT_EQ(ReadSome(pair.ends[0]), "error");
    EXPECT_EQ(errno, EAGAIN);
    const std::vector<char> big(64 << 20, 'x');
    EXPECT_LT(write(pair.ends[0], big.data(), big.size()), static_cast<ssize_t>(big.size()));
    int off = 0;
    EXPECT_EQ(ioctl(pair.ends[0], FIONBIO, &off), 0);
    EXPECT_EQ(fcntl(pair.ends[0], F_GETFL) & O_NONBLOCK, 0);
    SetTimeout(pair.ends[0], SO_RCVTIMEO, 30);
    const absl::Duration took = TimeOf([&] { EXPECT_EQ(ReadSome(pair.ends[0]), "error"); });
    EXPECT_GE(took, absl::Milliseconds(25));
  });
}

TEST_P(DescriptorTraps, FcntlHandsEveryCommandOn) {
  SocketPair pair;
  FILE* file = tmpfile();
  Alone([&] {
    EXPECT_EQ(fcntl(pair.ends[0], F_SETFD, FD_CLOEXEC), 0);
    EXPECT_EQ(fcntl(pair.ends[0], F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(fcntl(pair.ends[0], F_SETOWN, getpid()), 0);
    EXPECT_EQ(fcntl(pair.ends[0], F_GETOWN), getpid());
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    EXPECT_EQ(fcntl(fileno(file), F_SETLK, &lock), 0);
    lock.l_type = F_WRLCK;
    EXPECT_EQ(fcntl(fileno(file), F_GETLK, &lock), 0);
    EXPECT_EQ(lock.l_type, F_UNLCK);
    EXPECT_EQ(fcntl(-1, F_GETFL), -1);
    EXPECT_EQ(errno, EBADF);
    EXPECT_EQ(fcntl(pair.ends[0], 98765), -1);
    EXPECT_EQ(errno, EINVAL);
  });
  fclose(file);
}

TEST_P(DescriptorTraps, AReusedNumberStartsClean) {
  Alone([&] {
    for (int round = 0; round < 20; ++round) {
      TcpPair tcp;
      SetTimeout(tcp.ends[0], SO_RCVTIMEO, 1);
      EXPECT_EQ(ReadSome(tcp.ends[0]), "error");  // watched, with a time-out
      const int number = tcp.ends[0];
      int ends[2];
      ASSERT_EQ(pipe(ends), 0);
      ASSERT_EQ(dup2(ends[0], number), number);  // now a pipe
      EXPECT_EQ(write(ends[1], "p", 1), 1);
      EXPECT_EQ(ReadSome(number), "p");
      close(ends[0]);
      close(ends[1]);
      EXPECT_EQ(ReadSome(number), "");
    }
  });
}

TEST_P(DescriptorTraps, ANumberReusedAfterFcloseStartsClean) {
  Together({[&] {
    for (int round = 0; round < 10; ++round) {
      SocketPair pair;
      SetTimeout(pair.ends[0], SO_RCVTIMEO, 1);
      EXPECT_EQ(ReadSome(pair.ends[0]), "error");
      FILE* stream = fdopen(pair.ends[0], "r");
      fclose(stream);
      SocketPair again;  // takes the number
      SetTimeout(again.ends[0], SO_RCVTIMEO, 0);
      EXPECT_EQ(write(again.ends[1], "y", 1), 1);
      EXPECT_EQ(ReadSome(again.ends[0]), "y");
      pair.ends[0] = -1;
    }
  }});
}

TEST_P(DescriptorTraps, PipesWaitOnBothSides) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  constexpr size_t kSize = 1 << 20;
  size_t got = 0;
  Together({[&] {
              std::vector<char> buffer(5000);
              while (got < kSize) {
                const ssize_t size = read(ends[0], buffer.data(), buffer.size());
                ASSERT_GT(size, 0);
                got += static_cast<size_t>(size);
              }
              EXPECT_EQ(ReadSome(ends[0]), "");
            },
            [&] {
              Pause();
              const std::vector<char> data(kSize, 'x');
              EXPECT_EQ(write(ends[1], data.data(), kSize), static_cast<ssize_t>(kSize));
              close(ends[1]);
            }});
  close(ends[0]);
}

TEST_P(DescriptorTraps, NamedPipesWait) {
  const std::string name =
      testing::TempDir() + "/fifo-" + std::to_string(getpid()) + (active() ? "a" : "i");
  ASSERT_EQ(mkfifo(name.c_str(), 0600), 0);
  const int both = open(name.c_str(), O_RDWR);
  Together({[&] { EXPECT_EQ(ReadSome(both), "f"); },
            [&] {
              Pause();
              EXPECT_EQ(write(both, "f", 1), 1);
            }});
  close(both);
  unlink(name.c_str());
}

TEST_P(DescriptorTraps, EventTimerAndSignalDescriptorsWait) {
  const int event = eventfd(0, 0);
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int signal = signalfd(-1, &signals, 0);
  Together({[&] {
              uint64_t count = 0;
              EXPECT_EQ(read(event, &count, sizeof(count)), 8);
              EXPECT_EQ(count, 5u);
            },
            [&] {
              const itimerspec in{{0, 0}, {0, 20'000'000}};
              EXPECT_EQ(timerfd_settime(timer, 0, &in, nullptr), 0);
              uint64_t count = 0;
              EXPECT_EQ(read(timer, &count, sizeof(count)), 8);
              EXPECT_EQ(count, 1u);
              const uint64_t five = 5;
              EXPECT_EQ(write(event, &five, sizeof(five)), 8);
              EXPECT_EQ(kill(getpid(), SIGUSR2), 0);
            },
            [&] {
              signalfd_siginfo information{};
              EXPECT_EQ(read(signal, &information, sizeof(information)),
                        static_cast<ssize_t>(sizeof(information)));
              EXPECT_EQ(information.ssi_signo, static_cast<uint32_t>(SIGUSR2));
            }});
  for (const int descriptor : {event, timer, signal}) close(descriptor);
}

TEST_P(DescriptorTraps, TerminalsWait) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  ASSERT_GE(master, 0);
  ASSERT_EQ(grantpt(master), 0);
  ASSERT_EQ(unlockpt(master), 0);
  const int slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(slave, 0);
  Together({[&] {
              EXPECT_EQ(ReadSome(slave), "line\n");
              EXPECT_EQ(write(slave, "ok", 2), 2);
            },
            [&] {
              Pause();
              EXPECT_EQ(write(master, "line\n", 5), 5);
              std::string answer;
              while (answer.find("ok") == std::string::npos) answer += ReadSome(master);
            }});
  close(slave);
  close(master);
}

TEST_P(DescriptorTraps, RegularFilesWork) {
  FILE* file = tmpfile();
  const int descriptor = fileno(file);
  Alone([&] {
    EXPECT_EQ(write(descriptor, "data", 4), 4);
    EXPECT_EQ(lseek(descriptor, 0, SEEK_SET), 0);
    EXPECT_EQ(ReadSome(descriptor), "data");
    EXPECT_EQ(ReadSome(descriptor), "");
  });
  fclose(file);
}

TEST_P(DescriptorTraps, SendfileAndSpliceDeliverEverything) {
  TcpPair pair;
  constexpr size_t kSize = 4 << 20;
  FILE* file = tmpfile();
  const std::vector<char> data(kSize, 's');
  ASSERT_EQ(write(fileno(file), data.data(), kSize), static_cast<ssize_t>(kSize));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  size_t got = 0;
  Together({[&] {
              off_t offset = 0;
              while (offset < static_cast<off_t>(kSize)) {
                const ssize_t sent = sendfile(pair.ends[0], fileno(file), &offset, kSize);
                ASSERT_GT(sent, 0);
              }
              shutdown(pair.ends[0], SHUT_WR);
            },
            [&] {
              while (true) {
                const ssize_t moved = splice(pair.ends[1], nullptr, ends[1], nullptr, 1 << 16, 0);
                ASSERT_GE(moved, 0);
                if (moved == 0) break;
              }
              close(ends[1]);
            },
            [&] {
              std::vector<char> buffer(1 << 16);
              while (true) {
                const ssize_t size = read(ends[0], buffer.data(), buffer.size());
                ASSERT_GE(size, 0);
                if (size == 0) break;
                got += static_cast<size_t>(size);
              }
            }});
  EXPECT_EQ(got, kSize);
  close(ends[0]);
  fclose(file);
}

TEST_P(DescriptorTraps, DescriptorsOpenedBeforeWork) {
  TcpPair before;
  Together({[&] { EXPECT_EQ(ReadSome(before.ends[0]), "h"); },
            [&] {
              Pause();
              EXPECT_EQ(write(before.ends[1], "h", 1), 1);
            }});
}

// 150,000, or the highest number that the administrator's limit lets this process have.
int RaiseTheLimit(const rlimit& limit) {
  constexpr rlim_t kWanted = 150'000;
  const rlimit raised{kWanted + 1, std::max(limit.rlim_max, kWanted + 1)};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) return kWanted;
  const rlimit as_may_be{limit.rlim_max, limit.rlim_max};
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &as_may_be), 0);
  return static_cast<int>(limit.rlim_max) - 1;
}

TEST_P(DescriptorTraps, TheHighestNumbersWork) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int high = RaiseTheLimit(limit);
  TcpPair pair;
  Together({[&] {
              ASSERT_EQ(dup2(pair.ends[0], high), high);
              EXPECT_EQ(ReadSome(high), "h");
              EXPECT_EQ(write(high, "k", 1), 1);
              pollfd one{high, POLLIN, 0};
              EXPECT_EQ(poll(&one, 1, -1), 1);
              EXPECT_EQ(ReadSome(high), "i");
              EXPECT_EQ(close(high), 0);
              EXPECT_EQ(ReadSome(high), "error");
              EXPECT_EQ(errno, EBADF);
            },
            [&] {
              Pause();
              EXPECT_EQ(write(pair.ends[1], "h", 1), 1);
              EXPECT_EQ(ReadSome(pair.ends[1]), "k");
              Pause();
              EXPECT_EQ(write(pair.ends[1], "i", 1), 1);
            }});
  setrlimit(RLIMIT_NOFILE, &limit);
}

TEST_P(DescriptorTraps, BadDescriptorsStayBad) {
  Alone([&] {
    char byte = 0;
    for (const int bad : {-1, 12345}) {
      EXPECT_EQ(read(bad, &byte, 1), -1);
      EXPECT_EQ(errno, EBADF);
      EXPECT_EQ(write(bad, &byte, 1), -1);
      EXPECT_EQ(errno, EBADF);
      EXPECT_EQ(recv(bad, &byte, 1, 0), -1);
      EXPECT_EQ(errno, EBADF);
      EXPECT_EQ(send(bad, &byte, 1, 0), -1);
      EXPECT_EQ(errno, EBADF);
      EXPECT_EQ(close(bad), -1);
      EXPECT_EQ(errno, EBADF);
      EXPECT_EQ(dup(bad), -1);
      EXPECT_EQ(errno, EBADF);
    }
  });
}

TEST_P(DescriptorTraps, ForkedChildrenGoTheirOwnWay) {
  TcpPair pair;
  std::atomic<int> parent_steps{0};
  Together({[&] {
              EXPECT_EQ(ReadSome(pair.ends[0]), "1");
              const pid_t child = fork();
              if (child == 0) {
                // Blocking calls are plain ones here, and closing does not disturb the parent.
                close(pair.ends[0]);
                usleep(1000);
                execl("/bin/true", "true", nullptr);
                _exit(3);
              }
              int status = -1;
              EXPECT_EQ(waitpid(child, &status, 0), child);
              EXPECT_EQ(status, 0);
              EXPECT_EQ(ReadSome(pair.ends[0]), "2");
              ++parent_steps;
            },
            [&] {
              Pause();
              EXPECT_EQ(write(pair.ends[1], "1", 1), 1);
              usleep(50'000);
              EXPECT_EQ(write(pair.ends[1], "2", 1), 1);
              ++parent_steps;
            }});
  EXPECT_EQ(parent_steps, 2);
}

// What Linux leaves to chance without a runtime (a blocked read survives the close) is defined in
// it, so this one runs active only.
TEST(CloseTrap, CloseWakesWhoWaitsWithEbadf) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  TcpPair pair;
  SocketPair unix_pair;
  int errors[2] = {0, 0};
  manager.Spawn([&] {
    char byte = 0;
    EXPECT_EQ(recv(pair.ends[0], &byte, 1, 0), -1);
    errors[0] = errno;
  });
  manager.Spawn([&] {
    char byte = 0;
    EXPECT_EQ(read(unix_pair.ends[0], &byte, 1), -1);
    errors[1] = errno;
  });
  manager.Spawn([&] {
    usleep(1000);
    close(pair.ends[0]);
    close(unix_pair.ends[0]);
    pair.ends[0] = unix_pair.ends[0] = -1;
  });
  manager.RunUntilDone();
  EXPECT_EQ(errors[0], EBADF);
  EXPECT_EQ(errors[1], EBADF);
}

TEST(CloseTrap, CloseByAnotherThreadWakesWhoWaits) {
  const SystemClock clock;
  EpollEngine engine;
  Manager manager({}, clock, engine);
  TcpPair pair;
  std::atomic<bool> waiting{false};
  int error = 0;
  manager.Spawn([&] {
    waiting = true;
    char byte = 0;
    EXPECT_EQ(recv(pair.ends[0], &byte, 1, 0), -1);
    error = errno;
  });
  std::thread closer([&] {
    while (!waiting) std::this_thread::yield();
    usleep(20'000);
    close(pair.ends[0]);
  });
  manager.RunUntilDone();
  closer.join();
  pair.ends[0] = -1;
  EXPECT_EQ(error, EBADF);
}

}  // namespace
}  // namespace understudy::station_agent::runtime
