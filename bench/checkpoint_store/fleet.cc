#include "bench/checkpoint_store/fleet.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/status/status.h"

namespace understudy::bench {
namespace {

enum class Step { kPut, kGet, kPost };

// Bytes that no server can store in less.
std::string Noise(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string noise(size, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  return noise;
}

}  // namespace

// One connection, and the devices that take turns on it.
class Fleet::Driver {
 public:
  Driver(const FleetOptions& options, std::vector<std::string>& ids, size_t first, int poll)
      : options_(options),
        ids_(ids),
        device_(first),
        first_(first),
        poll_(poll),
        connection_(options.port, options.tls, options.resume),
        content_(Noise(options.checkpoint_bytes, options.seed + first)) {}

  // Begins to enrol, or to cycle until `until`.
  absl::Status Begin(Step step, absl::Time until, FleetResult& result) {
    step_ = step;
    until_ = until;
    result_ = &result;
    busy_ = true;
    if (step == Step::kPut) device_ = first_;
    return Start();
  }

  bool busy() const { return busy_; }

  void Drop() { connection_.Close(); }

  absl::Status OnEvent() {
    auto response = connection_.Advance();
    if (!response.ok()) return Failed(response.status().message());
    if (!response->has_value()) return Watch();
    return OnResponse(**response);
  }

 private:
  std::string& id() { return ids_[device_]; }

  // The first request of a device's turn.
  absl::Status Start() {
    began_ = absl::Now();
    if (!connection_.open()) UNDERSTUDY_RETURN_IF_ERROR(Connect());
    return Send();
  }

  absl::Status Connect() {
    UNDERSTUDY_RETURN_IF_ERROR(connection_.Open());
    watched_ = 0;
    return absl::OkStatus();
  }

  absl::Status Send() {
    asked_ = absl::Now();
    connection_.Send(Request(), false);
    return OnEvent();
  }

  std::string Request() {
    const std::string claim = options_.claim && step_ != Step::kPut
                                  ? absl::StrFormat("Claim: %016x\r\n", device_ + 1)
                                  : "";
    const std::string host = absl::StrCat(" HTTP/1.1\r\nHost: localhost\r\n", claim);
    if (step_ == Step::kGet) return absl::StrCat("GET /", id(), host, "\r\n");
    const std::string length = absl::StrCat("Content-Length: ", content_.size(), "\r\n\r\n");
    if (step_ == Step::kPost) {
      // Another content in every cycle.
      ++stamp_;
      for (size_t i = 0; i < 8 && i < content_.size(); ++i) {
        content_[i] = static_cast<char>(stamp_ >> (8 * i));
      }
      return absl::StrCat("POST /", next_, host, length, content_);
    }
    const std::string token = options_.token.empty()
                                  ? ""
                                  : absl::StrCat("Authorization: Bearer ", options_.token, "\r\n");
    return absl::StrCat("PUT /", id(), host, token, length, content_);
  }

  absl::Status OnResponse(const HttpResponse& response) {
    if (response.status != 200 && response.status != 201) {
      return Failed(absl::StrCat("status ", response.status, " ", response.reason));
    }
    if (step_ == Step::kGet) return OnCheckpoint(response);
    if (step_ == Step::kPost) Count();
    const bool ours = step_ == Step::kPost;
    if (ours) id() = next_;
    const bool close = response.closes || (options_.reconnect && ours);
    return NextDevice(close);
  }

  absl::Status OnCheckpoint(const HttpResponse& response) {
    if (response.next_id.empty()) return Failed("a checkpoint without Next-Id");
    result_->get.push_back(absl::Now() - asked_);
    next_ = response.next_id;
    step_ = Step::kPost;
    if (response.closes) UNDERSTUDY_RETURN_IF_ERROR(Connect());
    return Send();
  }

  void Count() {
    const absl::Time now = absl::Now();
    result_->post.push_back(now - asked_);
    result_->cycle.push_back(now - began_);
    ++result_->cycles;
    if (connection_.resumed()) ++result_->resumed;
  }

  absl::Status NextDevice(bool close) {
    if (close) connection_.Close();
    const size_t stride = static_cast<size_t>(options_.connections);
    const bool last = device_ + stride >= ids_.size();
    device_ = last ? first_ : device_ + stride;
    const bool enrolled = step_ == Step::kPut && last;
    if (step_ == Step::kPost) step_ = Step::kGet;
    busy_ = !enrolled && (step_ == Step::kPut || absl::Now() < until_);
    return busy_ ? Start() : absl::OkStatus();
  }

  // The load goes on with the others; whoever prints the result says that it failed.
  absl::Status Failed(absl::string_view why) {
    const std::string text = absl::StrCat(step_ == Step::kPut   ? "PUT"
                                          : step_ == Step::kGet ? "GET"
                                                                : "POST",
                                          " of device ", device_, ": ", why);
    if (step_ == Step::kPut) return absl::UnavailableError(text);
    if (result_->failures++ == 0) result_->failure = text;
    connection_.Close();
    busy_ = false;
    return absl::OkStatus();
  }

  absl::Status Watch() {
    if (watched_ == connection_.wanted()) return absl::OkStatus();
    epoll_event event = {};
    event.events = connection_.wanted();
    event.data.ptr = this;
    // Closing removed the descriptor before.
    const int operation = watched_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(poll_, operation, connection_.fd(), &event) != 0) {
      return absl::InternalError("epoll_ctl");
    }
    watched_ = connection_.wanted();
    return absl::OkStatus();
  }

  const FleetOptions& options_;
  std::vector<std::string>& ids_;
  size_t device_;
  const size_t first_;
  const int poll_;
  HttpConnection connection_;
  std::string content_;
  std::string next_;
  uint64_t stamp_ = 0;
  Step step_ = Step::kPut;
  absl::Time until_;
  absl::Time began_;
  absl::Time asked_;
  FleetResult* result_ = nullptr;
  uint32_t watched_ = 0;
  bool busy_ = false;
};

Fleet::Fleet(const FleetOptions& options) : options_(options), poll_(epoll_create1(EPOLL_CLOEXEC)) {
  std::mt19937_64 random(options.seed);
  for (int i = 0; i < options.devices; ++i) {
    ids_.push_back(absl::StrFormat("%016x%016x", random(), random()));
  }
  for (int i = 0; i < options.connections; ++i) {
    drivers_.push_back(std::make_unique<Driver>(options_, ids_, static_cast<size_t>(i), poll_));
  }
}

Fleet::~Fleet() { close(poll_); }

absl::Status Fleet::Loop() {
  std::array<epoll_event, 256> events;
  for (;;) {
    bool busy = false;
    for (const auto& driver : drivers_) busy = busy || driver->busy();
    if (!busy) return absl::OkStatus();
    const int count = epoll_wait(poll_, events.data(), static_cast<int>(events.size()), 30'000);
    if (count <= 0) return absl::DeadlineExceededError("no answer for 30 s");
    for (int i = 0; i < count; ++i) {
      auto* const driver = static_cast<Driver*>(events[static_cast<size_t>(i)].data.ptr);
      if (driver->busy()) {
        UNDERSTUDY_RETURN_IF_ERROR(driver->OnEvent());
      } else {
        driver->Drop();  // The server closed it, or it would be told again and again.
      }
    }
  }
}

absl::Status Fleet::Enrol() {
  FleetResult ignored;
  for (const auto& driver : drivers_) {
    UNDERSTUDY_RETURN_IF_ERROR(driver->Begin(Step::kPut, absl::InfiniteFuture(), ignored));
  }
  return Loop();
}

absl::StatusOr<FleetResult> Fleet::Run(absl::Duration duration) {
  FleetResult result;
  const absl::Time start = absl::Now();
  for (const auto& driver : drivers_) {
    UNDERSTUDY_RETURN_IF_ERROR(driver->Begin(Step::kGet, start + duration, result));
  }
  UNDERSTUDY_RETURN_IF_ERROR(Loop());
  result.elapsed = absl::Now() - start;
  return result;
}

}  // namespace understudy::bench
