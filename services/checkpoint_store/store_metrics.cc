#include "services/checkpoint_store/store_metrics.h"

#include <cmath>
#include <iterator>

#include "common/status/status.h"

namespace understudy::checkpoint_store {
namespace {

// In the order of their kinds.
constexpr const char* kOperations[] = {"probe", "enrol", "fetch", "store", "admin"};
constexpr const char* kResults[] = {"ok",      "not_found", "dead",    "conflict",
                                    "invalid", "refused",   "guarded", "failed"};

constexpr std::pair<Event::Kind, std::string_view> kEvents[] = {
    {Event::Kind::kEnrolled, "enrolled"},
    {Event::Kind::kCycle, "cycle"},
    {Event::Kind::kOverdue, "overdue"},
    {Event::Kind::kBack, "back"},
    {Event::Kind::kDeadPost, "dead_post"},
    {Event::Kind::kDeadGet, "dead_get"},
    {Event::Kind::kForeignClaim, "foreign_claim"},
    {Event::Kind::kStaged, "staged"},
    {Event::Kind::kStagedTaken, "staged_taken"},
    {Event::Kind::kStagedConfirmed, "staged_confirmed"},
    {Event::Kind::kWithdrawn, "withdrawn"},
    {Event::Kind::kRevoked, "revoked"},
    {Event::Kind::kSourceBlocked, "source_blocked"},
};

std::vector<double> CountBuckets() {
  return {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
}

}  // namespace

StoreMetrics::StoreMetrics(metrics::Registry& registry) {
  const std::string prefix = "understudy_checkpoint_store_";
  const auto gauge = [&](const char* name, const char* help) {
    return registry.AddGauge(prefix + name, help);
  };
  const auto counter = [&](const char* name, const char* help, const metrics::Labels& labels = {}) {
    return registry.AddCounter(prefix + name, help, labels);
  };
  commit_seconds = registry.AddHistogram(prefix + "commit_seconds", "How long synced writes took.");
  commit_commands = registry.AddHistogram(prefix + "commit_commands",
                                          "Commands in one synced write.", {}, CountBuckets());
  guesses = counter("guesses_total", "Requests with an identifier that nobody has.");
  refused_sources = counter("sources_blocked_total", "Sources that became blocked for guessing.");
  sources = gauge("sources", "Sources that the guard against guessing remembers.");
  disk_bytes = gauge("disk_bytes", "The data on the disk, the log of writes left out.");
  disk_writable = gauge("disk_writable", "1, or 0 while writes are refused.");
  watchers = gauge("watchers", "Open watches of events.");
  watchers_too_slow = counter("watchers_too_slow_total", "Watches ended because nobody read them.");
  connections = gauge("http_connections", "Open connections of devices.");
  connections_refused =
      counter("http_connections_refused_total", "Connections closed because there were too many.");
  connections_timed_out =
      counter("http_connections_timed_out_total", "Connections closed because they were slow.");
  const char* const kHandshakes = "TLS handshakes with devices, by kind.";
  handshakes_full = counter("tls_handshakes_total", kHandshakes, {{"kind", "full"}});
  handshakes_resumed = counter("tls_handshakes_total", kHandshakes, {{"kind", "resumed"}});
  handshakes_failed = counter("tls_handshakes_total", kHandshakes, {{"kind", "failed"}});
  bad_requests = counter("http_bad_requests_total", "What was no HTTP request, or too large.");
  devices_ = gauge("devices", "Enrolled devices, revoked ones included.");
  overdue_ = gauge("overdue_devices", "Devices that have missed their wake-up.");
  revoked_ = gauge("revoked_devices", "Revoked devices.");
  staged_ = gauge("staged_changes", "Staged changes that no device has taken yet.");
  content_bytes_ = gauge("content_bytes", "Content of all kept generations.");
  guess_probability_ = gauge("guess_probability_per_trial",
                             "The chance that one random trial finds an identifier that is alive: "
                             "the sum of 2^-bits over them.");
  guess_probability_so_far_ =
      gauge("guess_probability_so_far",
            "The chance that any of the guesses since the start would have hit by chance.");
  static_assert(std::size(kOperations) == kOperationCount && std::size(kResults) == kResultCount);
  for (size_t operation = 0; operation < kOperationCount; ++operation) {
    for (size_t result = 0; result < kResultCount; ++result) {
      requests_[operation][result] =
          counter("requests_total", "Requests of both faces, by operation and result.",
                  {{"operation", kOperations[operation]}, {"result", kResults[result]}});
    }
  }
  for (const auto& [kind, name] : kEvents) {
    events_[kind] =
        counter("events_total", "Events, by kind.", {{"kind", std::string(name)}});
  }
}

StoreMetrics::Result StoreMetrics::ResultOf(const absl::Status& status) {
  if (status.ok()) return Result::kOk;
  const std::string reason = ErrorReason(status);
  if (reason == "DEAD_IDENTIFIER") return Result::kDead;
  if (reason == "TOO_MANY_GUESSES" || reason == "BLOCKED") return Result::kGuarded;
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return Result::kNotFound;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnimplemented:
      return Result::kInvalid;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return Result::kConflict;
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kPermissionDenied:
      return Result::kRefused;
    default:
      return Result::kFailed;
  }
}

void StoreMetrics::CountRequest(Operation operation, Result result) {
  requests_[static_cast<size_t>(operation)][static_cast<size_t>(result)].Add();
}

void StoreMetrics::CountEvent(Event::Kind kind) { events_.at(kind).Add(); }

void StoreMetrics::Show(const DeviceDirectory::Totals& totals, size_t devices, size_t overdue,
                        uint64_t guess_count) const {
  devices_.Set(static_cast<double>(devices));
  overdue_.Set(static_cast<double>(overdue));
  revoked_.Set(static_cast<double>(totals.revoked));
  staged_.Set(static_cast<double>(totals.staged));
  content_bytes_.Set(static_cast<double>(totals.content_bytes));
  const double chance = GuessProbability(totals);
  guess_probability_.Set(chance);
  guess_probability_so_far_.Set(ChanceOfAnyHit(chance, guess_count));
}

double ChanceOfAnyHit(double per_trial, uint64_t trials) {
  return -std::expm1(static_cast<double>(trials) * std::log1p(-per_trial));
}

std::string_view EventKindName(Event::Kind kind) {
  for (const auto& [known, name] : kEvents) {
    if (known == kind) return name;
  }
  return "unknown";
}

}  // namespace understudy::checkpoint_store
